//! Load clients for the media engine: hundreds of participants in one thread.
//!
//! The driver (a benchmark) does the signaling and speaks JSON lines with this process; see [`protocol`].

mod client;
mod protocol;
mod source;

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};

use client::{Client, Failure, Shape};
use protocol::{Command, Reply, Totals};

const STDIN: Token = Token(0);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

fn main() -> Result<(), Failure> {
    str0m::crypto::from_feature_flags().install_process_default();
    let poll = Poll::new()?;
    let lines = read_lines(Arc::new(Waker::new(poll.registry(), STDIN)?));
    Load { poll, lines, clients: HashMap::new(), names: HashMap::new(), next_token: 1, ended: Totals::default() }.run()
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

struct Load {
    poll: Poll,
    lines: Receiver<String>,
    clients: HashMap<Token, Client>,
    names: HashMap<String, Token>,
    next_token: usize,
    /// What clients counted that are gone.
    ended: Totals,
}

impl Load {
    fn run(mut self) -> Result<(), Failure> {
        let mut events = Events::with_capacity(256);
        let mut report_at = Instant::now() + REPORT_INTERVAL;
        let mut replies = Vec::new();
        loop {
            let wake_at = self.clients.values().map(Client::wake_at).min().unwrap_or(report_at).min(report_at);
            self.poll.poll(&mut events, Some(wake_at.saturating_duration_since(Instant::now())))?;
            if !self.take_lines(&mut replies) {
                return Ok(());
            }
            let ready: Vec<Token> = events.iter().map(|event| event.token()).collect();
            self.run_clients(&ready, &mut replies);
            let now = Instant::now();
            if now >= report_at {
                report_at = now + REPORT_INTERVAL;
                replies.push(Reply::Totals(self.totals()));
            }
            print(&mut replies)?;
        }
    }

    /// False when the driver has gone.
    fn take_lines(&mut self, replies: &mut Vec<Reply>) -> bool {
        loop {
            match self.lines.try_recv() {
                Ok(line) => {
                    if let Err((id, error)) = self.obey(&line, replies) {
                        replies.push(Reply::Failed { id, detail: error.to_string() });
                    }
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, line: &str, replies: &mut Vec<Reply>) -> Result<(), (String, Failure)> {
        let command = serde_json::from_str(line).map_err(|error| (String::new(), error.into()))?;
        let now = Instant::now();
        match command {
            Command::Open { id, camera, microphone, video_slots } => {
                let shape = Shape { camera, microphone, video_slots };
                self.open(id.clone(), &shape, now, replies).map_err(|error| (id, error))
            }
            Command::Answer { id, sdp } => {
                let client = self.names.get(&id).and_then(|token| self.clients.get_mut(token));
                let answered = client.ok_or("no such client".into()).and_then(|client| client.answer(&sdp, now));
                answered.map_err(|error: Failure| (id, error))
            }
            Command::Close { id } => {
                if let Some(token) = self.names.get(&id).copied() {
                    self.end(token);
                }
                Ok(())
            }
        }
    }

    fn open(&mut self, id: String, shape: &Shape, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        let (mut client, reply) = Client::open(id.clone(), shape, now)?;
        let token = Token(self.next_token);
        self.next_token += 1;
        self.poll.registry().register(&mut client.socket, token, Interest::READABLE)?;
        self.clients.insert(token, client);
        self.names.insert(id, token);
        replies.push(reply);
        Ok(())
    }

    fn run_clients(&mut self, ready: &[Token], replies: &mut Vec<Reply>) {
        let now = Instant::now();
        let due = |client: &Client| client.wake_at() <= now;
        let mut failed = Vec::new();
        for (token, client) in &mut self.clients {
            if (due(client) || ready.contains(token))
                && let Err(error) = client.run(now, replies)
            {
                replies.push(Reply::Failed { id: client.id.clone(), detail: error.to_string() });
                failed.push(*token);
            }
        }
        failed.into_iter().for_each(|token| self.end(token));
    }

    fn end(&mut self, token: Token) {
        if let Some(mut client) = self.clients.remove(&token) {
            let _ = self.poll.registry().deregister(&mut client.socket);
            self.names.remove(&client.id);
            self.ended = sum(self.ended, Totals { connected: 0, ..client.totals() });
        }
    }

    fn totals(&self) -> Totals {
        self.clients.values().map(Client::totals).fold(self.ended, sum)
    }
}

fn sum(left: Totals, right: Totals) -> Totals {
    Totals {
        connected: left.connected + right.connected,
        packets_out: left.packets_out + right.packets_out,
        packets_in: left.packets_in + right.packets_in,
        bytes_in: left.bytes_in + right.bytes_in,
        packets_missing: left.packets_missing + right.packets_missing,
    }
}

fn print(replies: &mut Vec<Reply>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for reply in replies.drain(..) {
        serde_json::to_writer(&mut out, &reply)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
