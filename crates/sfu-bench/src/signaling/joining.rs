//! Tickets, by the way that everybody takes: `POST /api/v1/meetings/{id}/join`, on threads of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::Failure;

const THREADS: usize = 4;
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// Somebody who wants in.
pub struct Wish {
    /// Which client.
    pub client: usize,
    /// Its number, which names its device.
    pub number: usize,
    /// The meeting.
    pub meeting: String,
    /// The token of an earlier join, to come back as the same participant.
    pub guest_token: String,
}

/// What came of it: a ticket and a guest token.
pub type Joined = (usize, Result<(String, String), String>);

/// The threads that ask.
pub struct Joining {
    wishes: Sender<Wish>,
    joined: Receiver<Joined>,
}

impl Joining {
    /// Ask the server at `api` (`host:port`).
    pub fn start(api: &str) -> Self {
        let (wishes, waiting) = channel();
        let (done, joined) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let (api, waiting, done) = (api.to_owned(), waiting.clone(), done.clone());
            std::thread::spawn(move || work(&api, &waiting, &done));
        }
        Joining { wishes, joined }
    }

    /// Have somebody join.
    pub fn ask(&self, wish: Wish) {
        // The threads end with this process only.
        let _ = self.wishes.send(wish);
    }

    /// Who has a ticket by now.
    pub fn done(&self) -> Vec<Joined> {
        self.joined.try_iter().collect()
    }
}

fn work(api: &str, waiting: &Mutex<Receiver<Wish>>, done: &Sender<Joined>) {
    let mut connection = None;
    loop {
        let Ok(Ok(wish)) = waiting.lock().map(|receiver| receiver.recv()) else { return };
        let joined = ask_until_answered(api, &mut connection, &wish);
        if done.send((wish.client, joined.map_err(|error| error.to_string()))).is_err() {
            return;
        }
    }
}

fn ask_until_answered(
    api: &str,
    connection: &mut Option<BufReader<TcpStream>>,
    wish: &Wish,
) -> Result<(String, String), Failure> {
    for _ in 0..TRIES {
        match ask(api, connection, wish) {
            Ok(joined) => return Ok(joined),
            Err(error) if error.downcast_ref::<std::io::Error>().is_none() => return Err(error),
            Err(_) => *connection = None,
        }
        std::thread::sleep(PAUSE);
    }
    Err("the HTTP interface is away".into())
}

fn ask(api: &str, connection: &mut Option<BufReader<TcpStream>>, wish: &Wish) -> Result<(String, String), Failure> {
    let reader = match connection {
        Some(reader) => reader,
        None => {
            let stream = TcpStream::connect(api)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            connection.insert(BufReader::new(stream))
        }
    };
    let body = format!("{{\"device_id\":\"load-{0}\",\"display_name\":\"Load {0}\"}}", wish.number);
    let authorization = match wish.guest_token.as_str() {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    let request = format!(
        "POST /api/v1/meetings/{}/join HTTP/1.1\r\nHost: {api}\r\n{authorization}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        wish.meeting,
        body.len()
    );
    reader.get_mut().write_all(request.as_bytes())?;
    let (status, answer) = read_answer(reader)?;
    let answer: serde_json::Value = serde_json::from_slice(&answer)?;
    match (answer["ticket"].as_str(), answer["guest_token"].as_str()) {
        (Some(ticket), Some(token)) => Ok((ticket.to_owned(), token.to_owned())),
        _ => Err(format!("join: {status} {answer}").into()),
    }
}

fn read_answer(reader: &mut BufReader<TcpStream>) -> Result<(String, Vec<u8>), Failure> {
    let status = read_line(reader)?;
    let mut length = 0;
    loop {
        let line = read_line(reader)?;
        match line.split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, body))
}

fn read_line(reader: &mut impl BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(line.trim_end().to_owned())
}
