//! One participant's signaling over any number of sockets. Its socket is read and written by [`crate::load`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use serde_json::Value;

use crate::Failure;
use crate::figures::Heard;
use crate::frames::{room_event, said_in_snapshot};
use crate::link::{Closed, Link};
use crate::moving::Moving;
use crate::pauses::{Ending, count, pause};
use crate::talk::Tally;

const HEARTBEAT: Duration = Duration::from_secs(5);
/// Rule 7: noticed within 15 s, not after it.
const DEAD_AFTER: Duration = Duration::from_secs(14);
/// Rule 3: without an answer for so long the socket is dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);
/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of note.
    Fine,
    /// It has its session now.
    Live,
    /// The socket is over.
    Closed(Closed),
}

/// Why reading stops early.
enum Stop {
    Closed(Closed),
    Failed(Failure),
}

impl From<Closed> for Stop {
    fn from(closed: Closed) -> Self {
        Stop::Closed(closed)
    }
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
    /// Its socket, and while it changes to another server the next one beside it.
    pub links: [Option<Link>; 2],
    /// Which of them is the one to use.
    pub present: usize,
    /// The server said that it goes away.
    pub moving: Option<Moving>,
    /// How it came.
    pub came: Came,
    /// Whether it has its session on the present socket.
    pub is_live: bool,
    /// When to try again.
    pub try_at: Option<Instant>,
    /// Since when it is without its session.
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
    failures: f64,
    live_since: Instant,
    answered_at: Instant,
    beat_at: Instant,
    beats: u64,
    next_cid: u64,
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
            links: [None, None],
            present: 0,
            moving: None,
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
            failures: 0.0,
            live_since: now,
            answered_at: now,
            beat_at: now,
            beats: 0,
            next_cid: 1,
            draw: (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// It may open a socket now.
    pub fn joined(&mut self, ticket: String, guest_token: String, now: Instant) {
        (self.ticket, self.guest_token, self.needs_ticket) = (ticket, guest_token, false);
        self.try_at = Some(now);
    }

    /// Where its next socket belongs.
    pub fn free_lane(&self) -> usize {
        if self.links[self.present].is_none() { self.present } else { 1 - self.present }
    }

    /// A socket was opened for it; `request` opens the WebSocket.
    pub fn opened(&mut self, lane: usize, socket: TcpStream, request: &[u8], now: Instant) {
        self.links[lane] = Some(Link::new(socket, request, now));
        self.try_at = None;
    }

    /// Not even a socket could be opened.
    pub fn not_opened(&mut self, now: Instant) {
        self.failures = count(self.failures, Ending::Unanswered);
        self.try_at = Some(now + pause(self.failures, self.share()));
    }

    /// Whether a next socket, beside the present one, is to be opened now.
    pub fn is_next_due(&self, now: Instant) -> bool {
        self.is_live && self.links[1 - self.present].is_none() && self.moving.as_ref().is_some_and(|it| it.is_due(now))
    }

    /// Whether a socket has said on another one who it is: what it still brings is brought there again.
    pub fn is_overtaken(&self, lane: usize) -> bool {
        lane == self.present && self.links[1 - lane].as_ref().is_some_and(|next| next.is_greeted)
    }

    /// Its present socket took the session over.
    pub fn drop_former(&mut self) -> Option<Link> {
        let former = self.links[1 - self.present].take()?;
        self.moving = None;
        Some(former)
    }

    /// A socket is gone: go on with the other one, or say when it tries again.
    pub fn lost(&mut self, lane: usize, code: u16, now: Instant) {
        let Some(link) = self.links[lane].take() else { return };
        if lane != self.present && !link.is_greeted {
            let random = self.share();
            if let Some(moving) = &mut self.moving {
                moving.failed(now, random);
            }
            return;
        }
        let lived = self.is_live.then(|| now.duration_since(self.live_since));
        self.be_without(now);
        self.moving = None;
        if lane == self.present && self.links[1 - lane].is_some() {
            self.present = 1 - lane;
            return;
        }
        // Where the session is now nobody knows: the next socket tells.
        self.links = [None, None];
        if matches!(code, 4002..=4004) {
            self.needs_ticket = true;
            if let Some(session) = self.session.take() {
                self.previous_sid = Some(session.sid);
            }
        }
        self.failures = count(self.failures, Ending::of(link.is_greeted, lived, code));
        self.try_at = Some(now + pause(self.failures, self.share()));
    }

    fn be_without(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_live) {
            self.lost_at = Some(now);
        }
    }

    /// Number a command and send it, at once or when there is a session again.
    pub fn command(&mut self, kind: &str, fields: &str, now: Instant) {
        let body = format!("\"t\":\"{kind}\",\"d\":{fields}");
        let waiting = Waiting { cid: self.next_cid, body, given_at: now };
        if let Some(link) = self.links[self.present].as_mut().filter(|_| self.is_live) {
            link.push(&waiting.text());
        }
        self.outbox.push_back(waiting);
        self.next_cid += 1;
    }

    /// Say goodbye.
    pub fn leave(&mut self) {
        self.links[1 - self.present] = None;
        if let Some(link) = &mut self.links[self.present] {
            link.push("{\"f\":\"bye\",\"code\":\"left\"}");
        }
    }

    /// Send a heartbeat when it is due; else which socket is dead: nothing was heard for too long.
    pub fn beat(&mut self, now: Instant) -> Result<(), usize> {
        for lane in [1 - self.present, self.present] {
            let patience = if lane == self.present { DEAD_AFTER } else { ANSWER_WITHIN };
            if self.links[lane].as_ref().is_some_and(|link| now.duration_since(link.heard_at) > patience) {
                return Err(lane);
            }
        }
        let waits = self.outbox.front().filter(|_| self.is_live).map(|front| front.given_at.max(self.answered_at));
        if waits.is_some_and(|since| now.duration_since(since) > ANSWER_WITHIN) {
            return Err(self.present);
        }
        if self.is_live && now >= self.beat_at {
            self.beat_at = now + HEARTBEAT;
            self.beats += 1;
            let (ping, position) = (format!("{{\"f\":\"ping\",\"n\":{},\"t\":0.5}}", self.beats), self.position());
            if let Some(link) = &mut self.links[self.present] {
                link.push(&ping);
                link.push(&position);
            }
        }
        Ok(())
    }

    /// Read what came, and take it.
    pub fn read(&mut self, lane: usize, tally: &mut Tally, now: Instant) -> Result<Outcome, Failure> {
        let Some(mut link) = self.links[lane].take() else { return Ok(Outcome::Fine) };
        let outcome = self.read_all(lane, &mut link, tally, now);
        self.links[lane] = Some(link);
        match outcome {
            Ok(outcome) => Ok(outcome),
            Err(Stop::Closed(closed)) => Ok(Outcome::Closed(closed)),
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }

    fn read_all(&mut self, lane: usize, link: &mut Link, tally: &mut Tally, now: Instant) -> Result<Outcome, Stop> {
        let mut outcome = Outcome::Fine;
        while link.read(now)? {
            link.take_all(|link, text| {
                if !self.is_overtaken(lane) && self.take(lane, link, text, tally, now).map_err(Stop::Failed)? {
                    outcome = Outcome::Live;
                }
                Ok::<(), Stop>(())
            })?;
        }
        Ok(outcome)
    }

    /// Take a frame; true: the session is there.
    fn take(
        &mut self,
        lane: usize,
        link: &mut Link,
        text: &[u8],
        tally: &mut Tally,
        now: Instant,
    ) -> Result<bool, Failure> {
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
            "hello" => {
                link.is_greeted = true;
                // From here on nothing is sent on the one before.
                self.be_without(now);
                self.say_who(link);
            }
            "ready" | "resumed" | "reset" => {
                self.present = lane;
                self.attach(&frame, text, link, tally.durable, now)?;
                return Ok(true);
            }
            "goaway" => {
                let deadline = Duration::from_millis(frame["deadline_ms"].as_u64().unwrap_or_default());
                self.moving = Some(Moving::new(deadline, now, self.share()));
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

    fn say_who(&mut self, link: &mut Link) {
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
        link.push(&text.to_string());
    }

    fn attach(
        &mut self,
        frame: &Value,
        text: &[u8],
        link: &mut Link,
        durable: bool,
        now: Instant,
    ) -> Result<(), Failure> {
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
        if !goes_on {
            self.live_since = now;
        }
        self.beat_at = now + Duration::from_millis(self.random() % HEARTBEAT.as_millis() as u64);
        link.push(&self.position());
        // On a socket that goes on (a reset in place) nothing is sent twice.
        for waiting in self.outbox.iter().filter(|_| !goes_on) {
            link.push(&waiting.text());
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

    fn position(&self) -> String {
        let (ro, po) = self.session.as_ref().map_or((0, 0), |session| (session.ro, session.po));
        format!("{{\"f\":\"pos\",\"ro\":{ro},\"po\":{po}}}")
    }

    fn share(&mut self) -> f64 {
        (self.random() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// xorshift: clients only have to differ.
    fn random(&mut self) -> u64 {
        self.draw ^= self.draw << 13;
        self.draw ^= self.draw >> 7;
        self.draw ^= self.draw << 17;
        self.draw
    }
}
