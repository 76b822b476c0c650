//! One participant's signaling over any number of sockets. Its socket is read and written by [`crate::load`].

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use serde_json::Value;

use crate::Failure;
use crate::figures::Heard;
use crate::frames::{room_event, said_in_snapshot};
use crate::talk::Tally;
use crate::websocket::{Message, push_text, read};

const HEARTBEAT: Duration = Duration::from_secs(5);
/// Rule 7: noticed within 15 s, not after it.
const DEAD_AFTER: Duration = Duration::from_secs(14);
/// Rule 3: without an answer for so long the socket is dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);
const READ_BYTES: usize = 64 * 1024;
/// docs/protocol/signaling.md: pauses before the tries, without the part that is drawn.
const PAUSES_MS: [u64; 6] = [0, 300, 1_200, 2_700, 4_800, 7_000];
const FIRST_DRAWN_MS: u64 = 300;
const DRAWN_MS: u64 = 1_000;

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of note.
    Fine,
    /// It has its session now.
    Live,
    /// The socket is over: a close code, or 0 where it was lost.
    Closed(u16),
}

/// How a client got its session on the present socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// With a ticket.
    Anew,
    /// It went on where it had stopped.
    Resumed,
    /// It got a new view.
    Reset,
}

/// A command that is not acknowledged: its number, what it is, and when it was given.
pub struct Waiting {
    cid: u64,
    body: String,
    given_at: Instant,
}

impl Waiting {
    fn text(&self) -> String {
        format!("{{\"f\":\"cmd\",\"cid\":{},{}}}", self.cid, self.body)
    }
}

struct Session {
    sid: String,
    token: String,
    epoch: Vec<u8>,
    ro: u64,
    po: u64,
    attempt: u64,
}

/// A participant.
pub struct Client {
    /// Its number among all.
    pub number: usize,
    /// Which meeting, among those of the driver.
    pub room: usize,
    /// Its meeting's id.
    pub meeting: String,
    /// What proves that it is the same one.
    pub guest_token: String,
    /// Present socket.
    pub socket: Option<TcpStream>,
    /// When the present socket was opened.
    pub opened_at: Instant,
    /// How it came.
    pub came: Came,
    /// Whether it has its session on the present socket.
    pub is_live: bool,
    /// When to try again.
    pub try_at: Option<Instant>,
    /// When it lost the session's last socket.
    pub lost_at: Option<Instant>,
    /// Whether it must join again before that.
    pub needs_ticket: bool,
    /// What was heard of each talker.
    pub heard: Vec<Heard>,
    /// Not acknowledged, in order.
    pub outbox: VecDeque<Waiting>,
    ticket: String,
    /// The last message that a snapshot showed.
    shown_seq: u32,
    session: Option<Session>,
    /// A session that the server does not know any more.
    previous_sid: Option<String>,
    tries: usize,
    is_upgraded: bool,
    heard_at: Instant,
    answered_at: Instant,
    beat_at: Instant,
    beats: u64,
    next_cid: u64,
    input: Vec<u8>,
    output: Vec<u8>,
    draw: u64,
}

impl Client {
    /// A participant who has not joined.
    pub fn new(number: usize, room: usize, meeting: String, now: Instant) -> Self {
        Client {
            number,
            room,
            meeting,
            guest_token: String::new(),
            socket: None,
            opened_at: now,
            came: Came::Anew,
            is_live: false,
            try_at: None,
            lost_at: None,
            needs_ticket: true,
            heard: Vec::new(),
            outbox: VecDeque::new(),
            ticket: String::new(),
            shown_seq: 0,
            session: None,
            previous_sid: None,
            tries: 0,
            is_upgraded: false,
            heard_at: now,
            answered_at: now,
            beat_at: now,
            beats: 0,
            next_cid: 1,
            input: Vec::new(),
            output: Vec::new(),
            draw: (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// It may open a socket now.
    pub fn joined(&mut self, ticket: String, guest_token: String, now: Instant) {
        (self.ticket, self.guest_token, self.needs_ticket) = (ticket, guest_token, false);
        self.try_at = Some(now);
    }

    /// A socket was opened for it; `request` opens the WebSocket.
    pub fn opened(&mut self, socket: TcpStream, request: &[u8], now: Instant) {
        self.socket = Some(socket);
        (self.opened_at, self.heard_at) = (now, now);
        (self.is_live, self.is_upgraded, self.try_at) = (false, false, None);
        self.input.clear();
        self.output.clear();
        self.output.extend_from_slice(request);
    }

    /// Its socket is gone: say when it tries again.
    pub fn lost(&mut self, code: u16, now: Instant) {
        self.socket = None;
        if std::mem::take(&mut self.is_live) {
            self.lost_at = Some(now);
        }
        if matches!(code, 4002..=4004) {
            self.needs_ticket = true;
            if let Some(session) = self.session.take() {
                self.previous_sid = Some(session.sid);
            }
        }
        let drawn = if self.tries == 0 { FIRST_DRAWN_MS } else { DRAWN_MS };
        let pause = PAUSES_MS[self.tries.min(PAUSES_MS.len() - 1)] + self.random() % drawn;
        self.tries += 1;
        self.try_at = Some(now + Duration::from_millis(pause));
    }

    /// Number a command and send it, at once or when there is a session again.
    pub fn command(&mut self, kind: &str, fields: &str, now: Instant) {
        let body = format!("\"t\":\"{kind}\",\"d\":{fields}");
        let waiting = Waiting { cid: self.next_cid, body, given_at: now };
        if self.is_live {
            push_text(&mut self.output, &waiting.text());
        }
        self.outbox.push_back(waiting);
        self.next_cid += 1;
    }

    /// Say goodbye.
    pub fn leave(&mut self) {
        push_text(&mut self.output, "{\"f\":\"bye\",\"code\":\"left\"}");
    }

    /// Send a heartbeat when it is due; false: nothing was heard for too long.
    pub fn beat(&mut self, now: Instant) -> bool {
        let waits = self.outbox.front().filter(|_| self.is_live).map(|front| front.given_at.max(self.answered_at));
        if now.duration_since(self.heard_at) > DEAD_AFTER
            || waits.is_some_and(|since| now.duration_since(since) > ANSWER_WITHIN)
        {
            return false;
        }
        if self.is_live && now >= self.beat_at {
            self.beat_at = now + HEARTBEAT;
            self.beats += 1;
            push_text(&mut self.output, &format!("{{\"f\":\"ping\",\"n\":{},\"t\":0.5}}", self.beats));
            self.push_position();
        }
        true
    }

    /// Write what waits. False: the socket takes no more at present.
    pub fn write(&mut self) -> std::io::Result<bool> {
        let Some(socket) = &mut self.socket else { return Ok(true) };
        while !self.output.is_empty() {
            match socket.write(&self.output) {
                Ok(written) => drop(self.output.drain(..written)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Read what came, and take it.
    pub fn read(&mut self, tally: &mut Tally, now: Instant) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Fine;
        loop {
            let length = self.input.len();
            self.input.resize(length + READ_BYTES, 0);
            let Some(socket) = &mut self.socket else { return Ok(outcome) };
            let found = socket.read(&mut self.input[length..]);
            self.input.truncate(length + *found.as_ref().unwrap_or(&0));
            match found {
                Ok(0) => return Ok(Outcome::Closed(0)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(outcome),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Outcome::Closed(0)),
            }
            self.heard_at = now;
            match self.take_all(tally, now)? {
                Outcome::Fine => {}
                Outcome::Live => outcome = Outcome::Live,
                closed => return Ok(closed),
            }
        }
    }

    fn take_all(&mut self, tally: &mut Tally, now: Instant) -> Result<Outcome, Failure> {
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        let mut outcome = Outcome::Fine;
        if !self.is_upgraded {
            let Some(end) = input.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                self.input = input;
                return Ok(Outcome::Fine);
            };
            if !input.starts_with(b"HTTP/1.1 101") {
                return Ok(Outcome::Closed(0));
            }
            (self.is_upgraded, at) = (true, end + 4);
        }
        while let Some((message, length)) = read(&input[at..]) {
            match message {
                Message::Text(text) => {
                    if self.take(text, tally, now)? {
                        outcome = Outcome::Live;
                    }
                }
                Message::Close(code) => return Ok(Outcome::Closed(code)),
                Message::Other => {}
            }
            at += length;
        }
        self.input = input;
        self.input.drain(..at);
        if self.input.is_empty() && self.input.capacity() > READ_BYTES {
            self.input = Vec::new();
        }
        Ok(outcome)
    }

    /// Take a frame; true: the session is there.
    fn take(&mut self, text: &[u8], tally: &mut Tally, now: Instant) -> Result<bool, Failure> {
        if let Some(event) = room_event(text) {
            let Some(session) = &mut self.session else { return Err("an event without a session".into()) };
            if event.epoch != session.epoch {
                return Ok(false);
            }
            tally.count(&mut session.ro, event.off);
            if let Some((said, version)) = event.said(tally.durable)
                && !(tally.durable && version <= self.shown_seq)
                && let Some(heard) = self.heard.get_mut(said.talker)
                && heard.note(said.number, version, &mut tally.faults)
            {
                tally.delivered(said, now);
            }
            return Ok(false);
        }
        let frame: Value = serde_json::from_slice(text)?;
        match frame["f"].as_str().unwrap_or_default() {
            "hello" => self.say_who(),
            "ready" | "resumed" | "reset" => {
                self.attach(&frame, text, tally.durable, now)?;
                return Ok(true);
            }
            "ack" => self.acknowledged(&frame, tally, now),
            "ev" if frame["st"] == "p" && frame["off"].is_u64() => {
                if let Some(session) = &mut self.session {
                    tally.count(&mut session.po, frame["off"].as_u64().unwrap_or_default());
                }
            }
            _ => {}
        }
        Ok(false)
    }

    fn say_who(&mut self) {
        let text = match &mut self.session {
            Some(session) => {
                session.attempt += 1;
                serde_json::json!({"f": "resume", "sid": session.sid, "resume_token": session.token,
                    "epoch": String::from_utf8_lossy(&session.epoch), "ro": session.ro, "po": session.po,
                    "media": false, "attempt": session.attempt})
            }
            None => serde_json::json!({"f": "identify", "ticket": self.ticket, "meeting_id": self.meeting,
                "device_id": format!("load-{}", self.number), "prev_sid": self.previous_sid}),
        };
        push_text(&mut self.output, &text.to_string());
    }

    fn attach(&mut self, frame: &Value, text: &[u8], durable: bool, now: Instant) -> Result<(), Failure> {
        let word = |name: &str| frame[name].as_str().map(str::to_owned).ok_or(format!("no {name}"));
        let number = |name: &str| frame[name].as_u64().ok_or(format!("no {name}"));
        let token = word("resume_token")?;
        self.came = match frame["f"].as_str() {
            Some("ready") => Came::Anew,
            Some("resumed") => Came::Resumed,
            _ => Came::Reset,
        };
        if self.came == Came::Anew {
            let (sid, epoch) = (word("sid")?, word("epoch")?.into_bytes());
            self.session = Some(Session { sid, token, epoch, ro: number("ro")?, po: number("po")?, attempt: 0 });
            // Rule 5: what took effect in the session before is done, the rest counts from 1.
            let done = frame["prev_last_cid"].as_u64().unwrap_or_default();
            self.outbox.retain(|waiting| waiting.cid > done || self.previous_sid.is_none());
            self.previous_sid = None;
            self.number_from(1);
        } else if let Some(session) = &mut self.session {
            session.token = token;
            if self.came == Came::Reset {
                (session.epoch, session.ro, session.po) = (word("epoch")?.into_bytes(), number("ro")?, number("po")?);
            }
        }
        if self.came != Came::Anew {
            // Rule 4: the server may be back at a moment before what it had confirmed.
            let last = number("last_cid")?;
            if self.outbox.front().map_or(self.next_cid, |waiting| waiting.cid) > last + 1 {
                self.number_from(last + 1);
            }
        }
        if self.came != Came::Resumed {
            // What is in the snapshot comes as an event too: messages are known by their number.
            let messages = frame["snapshot"]["messages"].as_array();
            let last = messages.and_then(|messages| messages.last()?["seq"].as_u64());
            self.shown_seq = last.unwrap_or_default() as u32;
            for said in said_in_snapshot(text, durable) {
                if let Some(heard) = self.heard.get_mut(said.talker) {
                    heard.skip_to(said.number + 1);
                }
            }
        }
        self.answered_at = now;
        let goes_on = std::mem::replace(&mut self.is_live, true);
        self.tries = 0;
        self.beat_at = now + Duration::from_millis(self.random() % HEARTBEAT.as_millis() as u64);
        self.push_position();
        // On a socket that goes on (a reset in place) nothing is sent twice.
        for waiting in self.outbox.iter().filter(|_| !goes_on) {
            push_text(&mut self.output, &waiting.text());
        }
        Ok(())
    }

    fn number_from(&mut self, first: u64) {
        for (cid, waiting) in (first..).zip(&mut self.outbox) {
            waiting.cid = cid;
        }
        self.next_cid = first + self.outbox.len() as u64;
    }

    fn acknowledged(&mut self, frame: &Value, tally: &mut Tally, now: Instant) {
        let cid = frame["cid"].as_u64().unwrap_or_default();
        while let Some(waiting) = self.outbox.front()
            && waiting.cid <= cid
        {
            tally.acknowledged(frame["ok"] == true, now.duration_since(waiting.given_at));
            self.outbox.pop_front();
            self.answered_at = now;
        }
    }

    fn push_position(&mut self) {
        if let Some(session) = &self.session {
            push_text(&mut self.output, &format!("{{\"f\":\"pos\",\"ro\":{},\"po\":{}}}", session.ro, session.po));
        }
    }

    /// xorshift: clients only have to differ.
    fn random(&mut self) -> u64 {
        self.draw ^= self.draw << 13;
        self.draw ^= self.draw >> 7;
        self.draw ^= self.draw << 17;
        self.draw
    }
}
