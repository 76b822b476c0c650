//! How long a client waits before another socket: the rule of docs/protocol/signaling.md, as its clients have it.

use std::time::Duration;

const SHORTEST_S: f64 = 0.3;
const LONGEST_S: f64 = 8.0;
/// A session that lasted so long shows that all was well.
const STABLE: Duration = Duration::from_secs(5);
/// So many tries more are quick, by this pause, where the session was there a moment ago.
const BRIEF: f64 = -3.0;
const QUICK_S: f64 = 0.1;

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It had its session for long.
    Stable,
    /// It had its session and was lost soon, by nobody's wish.
    Brief,
    /// The server said hello, and it was lost.
    Answered,
    /// It was refused, or lost before the server said anything.
    Unanswered,
    /// The server closed it.
    TurnedAway,
}

impl Ending {
    /// What it was: whether hello came, for how long the session was there, and the close code, 0 where none came.
    pub fn of(is_answered: bool, lived: Option<Duration>, code: u16) -> Self {
        match (lived, code) {
            (Some(lived), _) if lived >= STABLE => Ending::Stable,
            (_, 1..) => Ending::TurnedAway,
            (Some(_), 0) => Ending::Brief,
            (None, 0) if is_answered => Ending::Answered,
            (None, 0) => Ending::Unanswered,
        }
    }
}

/// Count an ending: how often it failed so far goes in and comes out.
pub fn count(failures: f64, ending: Ending) -> f64 {
    match ending {
        Ending::Stable => 0.0,
        Ending::Brief => BRIEF,
        Ending::Answered => failures + 0.5,
        Ending::Unanswered => failures + 1.0,
        Ending::TurnedAway => failures.max(0.0) + 1.0,
    }
}

/// The pause before the next try. `random` is in [0, 1).
pub fn pause(failures: f64, random: f64) -> Duration {
    let longest = if failures < 0.0 { QUICK_S } else { (SHORTEST_S * failures.exp2()).min(LONGEST_S) };
    let share = if failures <= 0.0 { random } else { (1.0 + random) / 2.0 };
    Duration::from_secs_f64(longest * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_not_there_is_asked_ever_more_seldom() {
        let mut failures = 0.0;
        let mut longest = Vec::new();
        for _ in 0..7 {
            longest.push((pause(failures, 0.0).as_millis(), pause(failures, 1.0).as_millis()));
            failures = count(failures, Ending::Unanswered);
        }
        let all = [(0, 300), (300, 600), (600, 1_200), (1_200, 2_400), (2_400, 4_800), (4_000, 8_000), (4_000, 8_000)];
        assert_eq!(longest, all);
    }

    #[test]
    fn after_a_session_that_was_lost_soon_three_tries_are_quick() {
        let mut failures = count(9.0, Ending::Brief);
        let mut longest = Vec::new();
        for _ in 0..5 {
            longest.push(pause(failures, 1.0).as_millis());
            failures = count(failures, Ending::Unanswered);
        }
        assert_eq!(longest, [100, 100, 100, 300, 600]);
    }

    #[test]
    fn how_a_socket_ended_is_told_by_what_it_had() {
        let (long, short) = (Some(Duration::from_secs(5)), Some(Duration::from_secs(1)));
        assert_eq!(Ending::of(true, long, 4011), Ending::Stable);
        assert_eq!(Ending::of(true, short, 4008), Ending::TurnedAway);
        assert_eq!(Ending::of(true, short, 0), Ending::Brief);
        assert_eq!(Ending::of(true, None, 0), Ending::Answered);
        assert_eq!(Ending::of(false, None, 0), Ending::Unanswered);
    }
}
