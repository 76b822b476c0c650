//! What the driver says on standard input and hears on standard output: one JSON object a line.

use serde::{Deserialize, Serialize};

use crate::figures::{Faults, Times};

/// A line from the driver.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Command {
    /// Bring clients into meetings; answered by [`Reply::Opened`] when all are there.
    Open {
        /// `host:port` of the HTTP interface.
        api: String,
        /// `address:port` of the WebSocket; IPv4.
        signaling: String,
        /// The meetings.
        meetings: Vec<String>,
        /// How many clients in each.
        each: usize,
        /// What their numbers begin with: another process may have others in the same meetings.
        #[serde(default)]
        first: usize,
        /// How many begin to join in a second; 0: as fast as they are let in.
        #[serde(default)]
        per_second: f64,
    },
    /// Let some of each meeting talk for a while; answered by [`Reply::Talked`] when all has arrived.
    Talk {
        /// How many talk in each meeting.
        talkers: usize,
        /// Milliseconds between what one says.
        every_ms: u64,
        /// For how long.
        seconds: f64,
        /// By the chat, which is durable; else by changes of one's own name.
        #[serde(default)]
        durable: bool,
        /// How many talk in each meeting by way of another process: they are listened to.
        #[serde(default)]
        listen: usize,
    },
    /// The server is about to die; answered by [`Reply::Returned`] when all are back.
    AwaitReturn,
    /// Everybody goes, with a goodbye.
    Leave,
}

/// A line to the driver.
#[derive(Debug, Serialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// All clients have their sessions. Milliseconds from the first socket's opening to the session.
    Opened {
        /// How many.
        clients: usize,
        /// How long a client took from its socket to its session.
        attach: Times,
    },
    /// What talking came to.
    Talked {
        /// Commands that were acknowledged.
        said: u64,
        /// Commands that were refused.
        refused: u64,
        /// Events that clients received.
        deliveries: u64,
        /// From the sending of a command to its event at a client.
        delay: Times,
        /// From the sending of a command to its acknowledgement.
        ack: Times,
        /// From the loss of a socket to the session on the next one.
        back: Times,
        /// From the first command to the last delivery.
        seconds: f64,
        /// What was not as promised.
        faults: Faults,
    },
    /// All clients are back. Milliseconds from [`Command::AwaitReturn`].
    Returned {
        /// When each client had its session again.
        back: Times,
        /// How many went on where they had stopped.
        resumed: usize,
        /// How many got a new view instead.
        reset: usize,
        /// How many had to begin anew.
        anew: usize,
        /// What was not as promised.
        faults: Faults,
    },
    /// All clients are gone.
    Left,
    /// Once a second.
    Totals {
        /// Clients that have their session.
        live: usize,
        /// Events received since the start.
        deliveries: u64,
        /// Why sockets ended, since the start: close code (0: lost) and how many.
        closed: Vec<(u16, u64)>,
    },
    /// Something that should not be.
    Failed {
        /// What.
        detail: String,
    },
}
