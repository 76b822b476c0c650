//! ICE-TCP (RFC 6544): connections that carry datagrams as frames with a length of two bytes (RFC 4571).

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::frames;

/// What may wait for a slow client, about a second of a large picture; beyond it frames are dropped.
const MAX_QUEUED_BYTES: usize = 512 * 1024;
/// What is read in one go.
const READ_BYTES: usize = 16 * 1024;

/// One accepted connection.
pub struct TcpPeer {
    stream: TcpStream,
    remote: SocketAddr,
    local: SocketAddr,
    incoming: Vec<u8>,
    outgoing: VecDeque<u8>,
}

impl TcpPeer {
    /// Take over an accepted stream.
    pub fn new(stream: TcpStream, remote: SocketAddr) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // Media must not wait for acknowledgements.
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        Ok(TcpPeer {
            stream,
            remote: SocketAddr::new(remote.ip().to_canonical(), remote.port()),
            local: SocketAddr::new(local.ip().to_canonical(), local.port()),
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
        })
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Who is at the other end.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// At which of our addresses it came in.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Read what has arrived; `Ok(false)` when the connection has ended.
    pub fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; READ_BYTES];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => self.incoming.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            // Leave the rest to the next round: others want to be served too.
            if self.incoming.len() >= 4 * READ_BYTES {
                return Ok(true);
            }
        }
    }

    /// The complete frames that were read.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        let mut rest = self.incoming.as_slice();
        while let Some((frame, after)) = frames::split(rest) {
            frames.push(frame.to_vec());
            rest = after;
        }
        self.incoming = rest.to_vec();
        frames
    }

    /// Queue a frame and write what the socket takes. A frame that finds the queue full is dropped whole.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Ok(length) = u16::try_from(bytes.len()) else { return Ok(()) };
        if self.outgoing.len() + bytes.len() + 2 <= MAX_QUEUED_BYTES {
            self.outgoing.extend(length.to_be_bytes());
            self.outgoing.extend(bytes);
        }
        self.flush()
    }

    /// Whether something waits to be written.
    pub fn has_queued(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Write what the socket takes.
    pub fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match self.stream.write(self.outgoing.as_slices().0) {
                Ok(count) => drop(self.outgoing.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
