//! All clients, their meetings, and what the driver wants of them.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use mio::{Interest, Registry, Token};

use crate::client::{Came, Client, Outcome};
use crate::connecting;
use crate::figures::Times;
use crate::frames::{Said, name_of};
use crate::joining::{Joining, Wish};
use crate::link::Closed;
use crate::protocol::{Command, Reply};
use crate::talk::{Talk, Talker, Tally};
use crate::websocket;

const CARE: Duration = Duration::from_millis(20);
const REPORT: Duration = Duration::from_secs(1);
/// So many are on their way in at a time: an opening is no storm.
const ARRIVING: usize = 64;
/// With nothing new for so long, what is missing is lost.
const QUIET: Duration = Duration::from_secs(5);

/// Everybody.
pub struct Load {
    registry: Registry,
    signaling: Option<SocketAddrV4>,
    joining: Option<Joining>,
    clients: Vec<Client>,
    talkers: Vec<Talker>,
    tally: Tally,
    talk: Option<Talk>,
    opening: Opening,
    returning: Option<Returning>,
    is_leaving: bool,
    closed: Vec<(u16, u64)>,
    delivered: u64,
    care_at: Instant,
    report_at: Instant,
    replies: Vec<Reply>,
}

#[derive(Default)]
struct Opening {
    is_going_on: bool,
    since: Option<Instant>,
    per_second: f64,
    asked: usize,
    here: usize,
    attach: Vec<u32>,
}

struct Returning {
    since: Instant,
    back: Vec<u32>,
    is_back: Vec<bool>,
    came: [usize; 3],
}

impl Load {
    /// Nobody yet.
    pub fn new(registry: Registry) -> Self {
        let now = Instant::now();
        Load {
            registry,
            signaling: None,
            joining: None,
            clients: Vec::new(),
            talkers: Vec::new(),
            tally: Tally::new(now),
            talk: None,
            opening: Opening::default(),
            returning: None,
            is_leaving: false,
            closed: Vec::new(),
            delivered: 0,
            care_at: now,
            report_at: now,
            replies: Vec::new(),
        }
    }

    /// What there is to say.
    pub fn replies(&mut self) -> Vec<Reply> {
        std::mem::take(&mut self.replies)
    }

    /// Do what the driver wants.
    pub fn obey(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Open { api, signaling, meetings, each, first, per_second } => {
                self.open(&api, &signaling, &meetings, each, first);
                self.opening = Opening { is_going_on: true, since: Some(now), per_second, ..Opening::default() };
            }
            Command::Talk { talkers, every_ms, seconds, durable, listen } => {
                let (every, until) = (Duration::from_millis(every_ms), now + Duration::from_secs_f64(seconds));
                self.begin_talk(talkers, listen, Talk { every, durable, until, began: now });
            }
            Command::AwaitReturn => {
                let is_back = vec![false; self.clients.len()];
                self.returning = Some(Returning { since: now, back: Vec::new(), is_back, came: [0; 3] });
            }
            Command::Leave => {
                self.is_leaving = true;
                self.clients.iter_mut().for_each(Client::leave);
                (0..self.clients.len()).for_each(|at| self.write(at));
            }
        }
    }

    fn open(&mut self, api: &str, signaling: &str, meetings: &[String], each: usize, first: usize) {
        let Ok(address) = signaling.parse() else {
            return self.fail(format!("{signaling} is no address and port"));
        };
        self.signaling = Some(address);
        self.joining = Some(Joining::start(api));
        // Meetings fill one after the other, as they do.
        for (room, meeting) in meetings.iter().enumerate() {
            for _ in 0..each {
                self.clients.push(Client::new(first + self.clients.len(), room, meeting.clone(), Instant::now()));
            }
        }
    }

    fn begin_talk(&mut self, talkers: usize, listen: usize, talk: Talk) {
        let (every, now) = (talk.every, talk.began);
        let mut known = std::mem::take(&mut self.talkers);
        let mut index_in_room = 0;
        for at in 0..self.clients.len() {
            index_in_room =
                if at > 0 && self.clients[at - 1].room == self.clients[at].room { index_in_room + 1 } else { 0 };
            self.clients[at].heard.resize(talkers.max(listen), crate::figures::Heard::default());
            if index_in_room < talkers {
                // Spread over the interval, by a step that has nothing to do with the number of rooms.
                let next_at = now + every.mul_f64((at as f64 * 0.618_034).fract());
                let number = known.iter().find(|talker| talker.client == at).map_or(0, |talker| talker.number);
                self.talkers.push(Talker { client: at, index: index_in_room, number, next_at });
            }
        }
        known.clear();
        let faults = self.tally.faults;
        self.tally = Tally { faults, durable: talk.durable, last_at: now, ..Tally::new(self.tally.start) };
        self.talk = Some(talk);
    }

    /// A socket can be read or written.
    pub fn ready(&mut self, token: Token, is_writable: bool) {
        let (at, lane) = (token.0 / 2, token.0 % 2);
        let now = Instant::now();
        if is_writable {
            self.write(at);
        }
        let before = self.tally.deliveries;
        let outcome = match self.clients[at].read(lane, &mut self.tally, now) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.fail(format!("client {at}: {error}"));
                Outcome::Closed(Closed(0))
            }
        };
        self.delivered += self.tally.deliveries - before;
        match outcome {
            Outcome::Fine => {}
            Outcome::Live => {
                self.note_live(at, now);
                self.write(at);
            }
            Outcome::Closed(Closed(code)) => return self.close(at, lane, code, now),
        }
        self.write(at);
    }

    fn note_live(&mut self, at: usize, now: Instant) {
        let client = &mut self.clients[at];
        if let Some(mut former) = client.drop_former() {
            let _ = self.registry.deregister(&mut former.socket);
        }
        if let Some(lost_at) = client.lost_at.take() {
            self.tally.backs.push(now.duration_since(lost_at).as_micros() as u32);
        }
        if self.opening.is_going_on {
            self.opening.here += 1;
            let opened_at = client.links[client.present].as_ref().map_or(now, |link| link.opened_at);
            self.opening.attach.push(now.duration_since(opened_at).as_micros() as u32);
        }
        if let Some(returning) = &mut self.returning
            && !std::mem::replace(&mut returning.is_back[at], true)
        {
            returning.back.push(now.duration_since(returning.since).as_micros() as u32);
            returning.came[match client.came {
                Came::Resumed => 0,
                Came::Reset => 1,
                Came::Anew => 2,
            }] += 1;
        }
    }

    fn write(&mut self, at: usize) {
        for lane in [0, 1] {
            let Some(link) = &mut self.clients[at].links[lane] else { continue };
            match link.write() {
                Ok(true) => {}
                Ok(false) => {
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    let _ = self.registry.reregister(&mut link.socket, Token(at * 2 + lane), interest);
                }
                Err(_) => self.close(at, lane, 0, Instant::now()),
            }
        }
    }

    fn close(&mut self, at: usize, lane: usize, code: u16, now: Instant) {
        let client = &mut self.clients[at];
        let Some(link) = &mut client.links[lane] else { return };
        let _ = self.registry.deregister(&mut link.socket);
        let is_overtaken = client.is_overtaken(lane);
        client.lost(lane, code, now);
        if is_overtaken {
            return; // it was of no concern any more
        }
        match self.closed.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => self.closed.push((code, 1)),
        }
        if matches!(code, 4001 | 4005..=4007 | 4013) {
            self.fail(format!("client {at} was closed for good: {code}"));
            self.clients[at].try_at = None;
        }
    }

    /// What is due.
    pub fn tick(&mut self) {
        let now = Instant::now();
        self.say_what_is_due(now);
        if now >= self.care_at {
            self.care_at = now + CARE;
            self.let_in(now);
            self.care_for_all(now);
            self.finish_what_is_done(now);
        }
        if now >= self.report_at {
            self.report_at = now + REPORT;
            let live = self.clients.iter().filter(|client| client.is_live).count();
            self.replies.push(Reply::Totals { live, deliveries: self.delivered, closed: self.closed.clone() });
        }
    }

    fn say_what_is_due(&mut self, now: Instant) {
        let Some(talk) = &self.talk else { return };
        if now >= talk.until {
            return;
        }
        let mut spoke = Vec::new();
        for talker in &mut self.talkers {
            let client = &mut self.clients[talker.client];
            if now < talker.next_at || !client.is_live || client.outbox.len() >= 32 {
                continue;
            }
            let at_micros = now.duration_since(self.tally.start).as_micros() as u64;
            let said = Said { at_micros, talker: talker.index, number: talker.number };
            let (kind, field) = if talk.durable { ("chat.send", "body") } else { ("self.update", "display_name") };
            client.command(kind, &format!("{{\"{field}\":\"{}\"}}", name_of(said)), now);
            talker.number += 1;
            talker.next_at = (talker.next_at + talk.every).max(now);
            spoke.push(talker.client);
        }
        spoke.into_iter().for_each(|at| self.write(at));
    }

    /// Tickets for those who may come, while not too many are on their way.
    fn let_in(&mut self, now: Instant) {
        let Some(joining) = &self.joining else { return };
        for (client, joined) in joining.done() {
            match joined {
                Ok((ticket, token)) => self.clients[client].joined(ticket, token, now),
                Err(detail) => self.replies.push(Reply::Failed { detail }),
            }
        }
        let elapsed = self.opening.since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
        let due = match self.opening.per_second {
            0.0 => self.opening.here + ARRIVING,
            per_second => (elapsed * per_second) as usize + 1,
        };
        while self.opening.is_going_on && self.opening.asked < self.clients.len().min(due) {
            self.ask_in(self.opening.asked);
            self.opening.asked += 1;
        }
    }

    fn ask_in(&self, client: usize) {
        let known = &self.clients[client];
        let wish = Wish {
            client,
            number: known.number,
            meeting: known.meeting.clone(),
            guest_token: known.guest_token.clone(),
        };
        if let Some(joining) = &self.joining {
            joining.ask(wish);
        }
    }

    fn care_for_all(&mut self, now: Instant) {
        for at in 0..self.clients.len() {
            let client = &mut self.clients[at];
            if client.links[client.present].is_some() {
                match client.beat(now) {
                    Ok(()) => self.write(at),
                    Err(lane) => self.close(at, lane, 0, now),
                }
                if self.clients[at].is_next_due(now) && !self.is_leaving {
                    self.connect(at, now);
                }
            } else if client.try_at.is_some_and(|try_at| now >= try_at) && !self.is_leaving {
                client.try_at = None;
                if client.needs_ticket {
                    self.ask_in(at);
                } else {
                    self.connect(at, now);
                }
            }
        }
    }

    fn connect(&mut self, at: usize, now: Instant) {
        let Some(server) = self.signaling else { return };
        let lane = self.clients[at].free_lane();
        let opened = connecting::open(at, server).and_then(|mut socket| {
            self.registry.register(&mut socket, Token(at * 2 + lane), Interest::READABLE | Interest::WRITABLE)?;
            Ok(socket)
        });
        let client = &mut self.clients[at];
        match opened {
            Ok(socket) => client.opened(lane, socket, &websocket::upgrade(&server.to_string()), now),
            Err(_) => client.not_opened(now),
        }
    }

    fn finish_what_is_done(&mut self, now: Instant) {
        if self.opening.is_going_on && self.opening.here >= self.clients.len() {
            self.opening.is_going_on = false;
            let attach = Times::take(&mut self.opening.attach);
            self.replies.push(Reply::Opened { clients: self.clients.len(), attach });
        }
        if self.returning.as_ref().is_some_and(|returning| returning.back.len() >= self.clients.len())
            && let Some(mut returning) = self.returning.take()
        {
            let [resumed, reset, anew] = returning.came;
            let back = Times::take(&mut returning.back);
            self.replies.push(Reply::Returned { back, resumed, reset, anew, faults: self.tally.faults });
        }
        if self.talk.as_ref().is_some_and(|talk| now >= talk.until) && self.has_settled(now) {
            self.end_talk();
        }
        if self.is_leaving && self.clients.iter().all(|client| client.links.iter().all(Option::is_none)) {
            self.is_leaving = false;
            self.clients.clear();
            self.talkers.clear();
            self.replies.push(Reply::Left);
        }
    }

    fn has_settled(&self, now: Instant) -> bool {
        let all_said = self.clients.iter().all(|client| client.outbox.is_empty() && client.is_live);
        all_said && (self.missing() == 0 || now.duration_since(self.tally.last_at) > QUIET)
    }

    /// What was said and has not come to somebody.
    fn missing(&self) -> u64 {
        let mut rooms = vec![Vec::new(); self.clients.last().map_or(0, |client| client.room + 1)];
        for talker in &self.talkers {
            rooms[self.clients[talker.client].room].push(talker.number);
        }
        let of = |client: &Client| -> u64 {
            client.heard.iter().zip(&rooms[client.room]).map(|(heard, said)| heard.missing(*said)).sum()
        };
        self.clients.iter().map(of).sum()
    }

    fn end_talk(&mut self) {
        let Some(talk) = self.talk.take() else { return };
        self.tally.faults.lost += self.missing();
        let tally = &mut self.tally;
        self.replies.push(Reply::Talked {
            said: tally.said,
            refused: tally.refused,
            deliveries: tally.deliveries,
            delay: Times::take(&mut tally.delays),
            ack: Times::take(&mut tally.acks),
            back: Times::take(&mut tally.backs),
            seconds: tally.last_at.duration_since(talk.began).as_secs_f64(),
            faults: std::mem::take(&mut tally.faults),
        });
    }

    fn fail(&mut self, detail: String) {
        self.replies.push(Reply::Failed { detail });
    }
}
