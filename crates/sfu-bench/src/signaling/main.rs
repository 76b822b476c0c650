//! Load clients of `meet.v1`: ten thousand participants' signaling in one thread, each with an address of its own.
//!
//! The driver (a benchmark) speaks JSON lines with this process; see [`protocol`]. Every client checks what it is
//! given: numbers without gaps, and each talker's own count without gaps.

#![deny(unsafe_code)]

mod client;
mod connecting;
mod figures;
mod frames;
mod joining;
mod link;
mod load;
mod moving;
mod pauses;
mod protocol;
mod talk;
mod websocket;

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use load::Load;
use protocol::Reply;

/// Whatever went wrong, in words.
pub type Failure = Box<dyn std::error::Error>;

const STDIN: Token = Token(usize::MAX);
const TICK: Duration = Duration::from_millis(2);

fn main() -> Result<(), Failure> {
    let mut poll = Poll::new()?;
    let lines = read_lines(Arc::new(Waker::new(poll.registry(), STDIN)?));
    let mut load = Load::new(poll.registry().try_clone()?);
    let mut events = Events::with_capacity(4_096);
    let mut tick_at = Instant::now() + TICK;
    loop {
        if let Err(error) = poll.poll(&mut events, Some(tick_at.saturating_duration_since(Instant::now())))
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in events.iter().filter(|event| event.token() != STDIN) {
            load.ready(event.token(), event.is_writable());
        }
        loop {
            match lines.try_recv() {
                Ok(line) => load.obey(serde_json::from_str(&line)?),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        if Instant::now() >= tick_at {
            load.tick();
            tick_at = Instant::now() + TICK;
        }
        print(load.replies())?;
    }
}

/// Standard input on a thread of its own, since it can't be polled portably.
fn read_lines(waker: Arc<Waker>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        let _ = waker.wake();
    });
    receiver
}

fn print(replies: Vec<Reply>) -> Result<(), Failure> {
    if replies.is_empty() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    for reply in replies {
        serde_json::to_writer(&mut out, &reply)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
