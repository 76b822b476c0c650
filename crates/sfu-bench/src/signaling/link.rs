//! One socket of a client: what was read and is not whole yet, and what waits to be written.

use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use mio::net::TcpStream;

use crate::websocket::{Message, push_text, read};

const READ_BYTES: usize = 64 * 1024;

/// The socket is over: a close code, or 0 where it was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed(pub u16);

/// An open socket, or one that opens.
pub struct Link {
    /// The socket.
    pub socket: TcpStream,
    /// When it was opened.
    pub opened_at: Instant,
    /// When anything came.
    pub heard_at: Instant,
    /// Whether the server said hello, and was told who is here.
    pub is_greeted: bool,
    is_upgraded: bool,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Link {
    /// Over a socket; `request` opens the WebSocket.
    pub fn new(socket: TcpStream, request: &[u8], now: Instant) -> Self {
        Link {
            socket,
            opened_at: now,
            heard_at: now,
            is_greeted: false,
            is_upgraded: false,
            input: Vec::new(),
            output: request.to_vec(),
        }
    }

    /// Queue a text.
    pub fn push(&mut self, text: &str) {
        push_text(&mut self.output, text);
    }

    /// Write what waits. False: the socket takes no more at present.
    pub fn write(&mut self) -> std::io::Result<bool> {
        while !self.output.is_empty() {
            match self.socket.write(&self.output) {
                Ok(written) => drop(self.output.drain(..written)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Read once. False: there is nothing more at present.
    pub fn read(&mut self, now: Instant) -> Result<bool, Closed> {
        let length = self.input.len();
        self.input.resize(length + READ_BYTES, 0);
        let found = self.socket.read(&mut self.input[length..]);
        self.input.truncate(length + *found.as_ref().unwrap_or(&0));
        match found {
            Ok(0) => return Err(Closed(0)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(_) => return Err(Closed(0)),
        }
        self.heard_at = now;
        self.take_answer()?;
        Ok(true)
    }

    /// The server's answer to the request, once it is whole.
    fn take_answer(&mut self) -> Result<(), Closed> {
        if self.is_upgraded {
            return Ok(());
        }
        let Some(end) = self.input.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(()) };
        if !self.input.starts_with(b"HTTP/1.1 101") {
            return Err(Closed(0));
        }
        self.is_upgraded = true;
        self.input.drain(..end + 4);
        Ok(())
    }

    /// Take every whole message: `take` is given texts, and the link to answer.
    pub fn take_all<E: From<Closed>>(
        &mut self,
        mut take: impl FnMut(&mut Self, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_upgraded {
            return Ok(());
        }
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        while let Some((message, length)) = read(&input[at..]) {
            match message {
                Message::Text(text) => take(self, text)?,
                Message::Close(code) => return Err(Closed(code).into()),
                Message::Other => {}
            }
            at += length;
        }
        self.input = input;
        self.input.drain(..at);
        if self.input.is_empty() && self.input.capacity() > READ_BYTES {
            self.input = Vec::new();
        }
        Ok(())
    }
}
