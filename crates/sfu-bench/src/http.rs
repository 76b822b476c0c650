//! WHIP and WHEP (RFC 9725) as far as the benchmark needs them: HTTP/1.1 on loopback, a thread a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// The longest body that is read; an SDP has a few thousand bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;
const MAX_LINE_BYTES: u64 = 8 * 1024;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `POST /whip/{room}`: publish, with an offer.
    Publish {
        /// The room.
        room: String,
        /// The offer.
        offer: String,
    },
    /// `POST /whep/{room}`: receive every publisher of the room, with an offer.
    Subscribe {
        /// The room.
        room: String,
        /// The offer.
        offer: String,
    },
    /// `DELETE /peer/{room}/{peer}`, the location of an earlier answer.
    Leave {
        /// The room.
        room: String,
        /// The peer.
        peer: String,
    },
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A peer with its answer.
    Created {
        /// The room.
        room: String,
        /// The peer's name.
        peer: String,
        /// The answer.
        answer: String,
    },
    /// A peer has left.
    Left,
    /// It cannot be.
    Refused(String),
}

/// Answer calls for ever. Calls of several connections come at the same time.
pub fn serve(listener: &TcpListener, answer: impl Fn(Call) -> Outcome + Send + Sync + 'static) -> io::Result<()> {
    let answer = Arc::new(answer);
    for stream in listener.incoming() {
        let (stream, answer) = (stream?, answer.clone());
        std::thread::spawn(move || serve_connection(stream, &*answer));
    }
    Ok(())
}

fn serve_connection(stream: TcpStream, answer: &dyn Fn(Call) -> Outcome) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some((line, body)) = read_request(&mut reader)? {
        let outcome = match parse(&line, body) {
            Some(call) => answer(call),
            None => Outcome::Refused(format!("there is no {line}")),
        };
        writer.write_all(&respond(&outcome))?;
    }
    Ok(())
}

/// The request line and the body, or nothing when the client has gone.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<(String, String)>> {
    let line = read_line(reader)?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let header = read_line(reader)?;
        match header.split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
        }
    }
    if length > MAX_BODY_BYTES {
        return Ok(None);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((line, String::from_utf8_lossy(&body).into_owned())))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.by_ref().take(MAX_LINE_BYTES).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn parse(line: &str, body: String) -> Option<Call> {
    let mut words = line.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["whip", room]) => Some(Call::Publish { room: (*room).into(), offer: body }),
        ("POST", ["whep", room]) => Some(Call::Subscribe { room: (*room).into(), offer: body }),
        ("DELETE", ["peer", room, peer]) => Some(Call::Leave { room: (*room).into(), peer: (*peer).into() }),
        _ => None,
    }
}

fn respond(outcome: &Outcome) -> Vec<u8> {
    let (status, headers, body) = match outcome {
        Outcome::Created { room, peer, answer } => {
            let headers = format!("Content-Type: application/sdp\r\nLocation: /peer/{room}/{peer}\r\n");
            ("201 Created", headers, answer.as_str())
        }
        Outcome::Left => ("200 OK", String::new(), ""),
        Outcome::Refused(why) => ("400 Bad Request", String::new(), why.as_str()),
    };
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The mids of the m-lines of a kind (`video`) that say this of themselves (`a=recvonly`).
pub fn mids(sdp: &str, kind: &str, direction: &str) -> Vec<String> {
    let sections = sdp.split("\nm=").skip(1).filter(|section| section.starts_with(kind));
    let directed = sections.filter(|section| section.lines().any(|line| line.trim_end() == direction));
    directed.filter_map(|section| section.lines().find_map(|line| line.strip_prefix("a=mid:"))).map(mid).collect()
}

fn mid(line: &str) -> String {
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_on_one_connection_are_read_one_after_the_other() {
        let text = "POST /whip/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nv=0DELETE /peer/a/b HTTP/1.1\r\n\r\n";
        let mut reader = text.as_bytes();
        let (line, body) = read_request(&mut reader).unwrap().unwrap();
        assert_eq!(parse(&line, body), Some(Call::Publish { room: "a".into(), offer: "v=0".into() }));
        let (line, body) = read_request(&mut reader).unwrap().unwrap();
        assert_eq!(parse(&line, body), Some(Call::Leave { room: "a".into(), peer: "b".into() }));
        assert_eq!(read_request(&mut reader).unwrap(), None);
    }

    #[test]
    fn mids_are_found_by_kind_and_direction() {
        let sdp = "v=0\r\nm=audio 9\r\na=mid:0\r\na=recvonly\r\nm=video 9\r\na=mid:1\r\na=recvonly\r\n\
                   m=video 9\r\na=sendonly\r\na=mid:2\r\n";
        assert_eq!(mids(sdp, "video", "a=recvonly"), ["1"]);
        assert_eq!(mids(sdp, "video", "a=sendonly"), ["2"]);
    }
}
