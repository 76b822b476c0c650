//! The bounded queue of events between workers and whoever drains it, with an eventfd to wait on.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

use crate::event::Event;

/// Events in order. When it is full, the least important ones give way; vital ones never do.
pub struct EventQueue {
    state: Mutex<State>,
    capacity: usize,
    wake: OwnedFd,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    by_importance: [usize; 3],
    dropped: u64,
}

impl EventQueue {
    /// An empty queue.
    pub fn new(capacity: usize) -> io::Result<Self> {
        Ok(EventQueue {
            state: Mutex::default(),
            capacity: capacity.max(1),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })
    }

    /// The eventfd: readable while events wait.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Append events.
    pub fn extend(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        let was_empty = state.events.is_empty();
        for event in events {
            state.push(event, self.capacity);
        }
        if was_empty && !state.events.is_empty() {
            // Cannot fail: the counter is far from its end.
            let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        }
    }

    /// Take up to so many events, oldest first; the eventfd is cleared when none is left.
    pub fn drain(&self, max_events: usize) -> Vec<Event> {
        let mut state = self.lock();
        let count = max_events.min(state.events.len());
        let events: Vec<Event> = state.events.drain(..count).collect();
        for event in &events {
            state.by_importance[event.importance()] -= 1;
        }
        if state.events.is_empty() {
            // EAGAIN when it is clear already.
            let _ = rustix::io::read(&self.wake, &mut [0u8; 8]);
        }
        events
    }

    /// How many events were lost.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// A panic while the lock was held leaves a consistent queue: every change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, event: Event, capacity: usize) {
        let importance = event.importance();
        if self.events.len() >= capacity && !self.make_room(importance) {
            self.dropped += 1;
            return;
        }
        self.by_importance[importance] += 1;
        self.events.push_back(event);
    }

    /// Drop the oldest event that matters less; whether the new one may come in.
    ///
    /// A vital event always may: their number is bounded by the peers and the commands.
    fn make_room(&mut self, importance: usize) -> bool {
        let least = (0..importance).find(|&level| self.by_importance[level] > 0);
        let victim = least.and_then(|level| self.events.iter().position(|e| e.importance() == level));
        if let (Some(level), Some(at)) = (least, victim) {
            self.events.remove(at);
            self.by_importance[level] -= 1;
            self.dropped += 1;
            return true;
        }
        importance == 2
    }
}

#[cfg(test)]
mod tests {
    use super::EventQueue;
    use crate::event::{EndReason, Event};
    use crate::model::Source;

    fn speakers() -> Event {
        Event::SpeakersChanged { room: "r".into(), speakers: Vec::new() }
    }

    fn started() -> Event {
        Event::TrackStarted { room: "r".into(), peer: "p".into(), source: Source::Camera }
    }

    fn ended() -> Event {
        Event::PeerEnded { room: "r".into(), peer: "p".into(), generation: 1, reason: EndReason::Closed }
    }

    #[test]
    fn a_full_queue_loses_what_matters_least() {
        let queue = EventQueue::new(3).unwrap();
        queue.extend(vec![speakers(), started(), speakers()]);
        queue.extend(vec![ended(), started(), speakers(), ended(), ended()]);
        assert_eq!(queue.drain(10), [ended(), ended(), ended()]);
        assert_eq!(queue.dropped(), 5);
    }

    #[test]
    fn vital_events_are_never_lost() {
        let queue = EventQueue::new(1).unwrap();
        queue.extend(vec![ended(); 5]);
        queue.extend(vec![started()]);
        assert_eq!(queue.drain(2).len() + queue.drain(10).len(), 5);
        assert_eq!(queue.dropped(), 1);
    }

    #[test]
    fn the_eventfd_is_readable_while_events_wait() {
        let queue = EventQueue::new(8).unwrap();
        let readable = || {
            let mut fds = [rustix::event::PollFd::from_borrowed_fd(queue.as_fd(), rustix::event::PollFlags::IN)];
            rustix::event::poll(&mut fds, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
        };
        assert!(!readable());
        queue.extend(vec![started(), started()]);
        assert!(readable());
        queue.drain(1);
        assert!(readable());
        queue.drain(1);
        assert!(!readable());
    }
}
