//! What this machine can do at best: seal a packet for each of N destinations and send it, three ways:
//! `sfu-limits [destinations] [payload bytes] [milliseconds a measurement] [address] [share of the core]`.
//!
//! Prints one JSON object a line: the way, and packets a second of CPU time. The destinations' sockets drop what
//! comes in the kernel, as the receivers of the benchmark do.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sfu_bench::socket::{BATCH, Train, drop_rtp, enlarge_buffers, process_cpu_s, send_trains};

const HEADER_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
/// The longest trains that are measured.
const MAX_TRAIN: usize = 8;
const SOCKET_BUFFER_BYTES: i32 = 4 * 1024 * 1024;

/// How packets leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Not at all: only the cipher.
    Seal,
    /// One system call a packet.
    SendTo,
    /// 64 packets a system call.
    SendMany,
    /// So many packets to each destination as one train; as many trains a system call.
    Trains(usize),
}

impl Way {
    fn name(self) -> String {
        match self {
            Way::Seal => "seal".into(),
            Way::SendTo => "sendto".into(),
            Way::SendMany => "sendmmsg".into(),
            Way::Trains(length) => format!("gso_{length}"),
        }
    }

    fn train(self) -> usize {
        if let Way::Trains(length) = self { length } else { 1 }
    }
}

struct Destination {
    address: SocketAddrV4,
    key: LessSafeKey,
    sequence: u64,
    /// Bound, so that the kernel delivers; nobody reads.
    _socket: UdpSocket,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, default| arguments.get(at).map_or(Ok(default), |text| text.parse());
    let (count, payload, millis) = (number(1, 100)?, number(2, 1_100)?, number(3, 500)?);
    let share: f64 = arguments.get(5).map_or(Ok(1.0), |text| text.parse())?;
    let address = arguments.get(4).map_or(Ok(Ipv4Addr::LOCALHOST), |text| text.parse())?;
    let socket = UdpSocket::bind((address, 0))?;
    enlarge_buffers(&socket, SOCKET_BUFFER_BYTES)?;
    let mut destinations = (0..count).map(|_| destination(address)).collect::<Result<Vec<_>, _>>()?;
    for way in [Way::Seal, Way::SendTo, Way::SendMany, Way::Trains(2), Way::Trains(4), Way::Trains(8)] {
        let pace = Pace { lasts: Duration::from_millis(millis as u64), idle: 1.0 / share.clamp(0.1, 1.0) - 1.0 };
        let pps = measure(way, &socket, &mut destinations, payload, pace)?;
        println!("{{\"way\":\"{}\",\"packets_a_cpu_second\":{pps:.0}}}", way.name());
    }
    Ok(())
}

fn destination(address: Ipv4Addr) -> Result<Destination, Box<dyn Error>> {
    let socket = UdpSocket::bind((address, 0))?;
    drop_rtp(&socket)?;
    let SocketAddr::V4(address) = socket.local_addr()? else { return Err("not IPv4".into()) };
    let mut key = [0u8; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut key)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?);
    Ok(Destination { address, key, sequence: 0, _socket: socket })
}

/// How long to measure, and how much of the time to sleep: a core that is idle now and then is slower when it works.
#[derive(Debug, Clone, Copy)]
struct Pace {
    lasts: Duration,
    /// Seconds of sleep for each of work.
    idle: f64,
}

impl Pace {
    fn rest(self, worked: Duration) {
        if self.idle > 0.0 {
            std::thread::sleep(worked.mul_f64(self.idle));
        }
    }
}

/// Packets a second of CPU time.
fn measure(
    way: Way,
    socket: &UdpSocket,
    destinations: &mut [Destination],
    payload: usize,
    pace: Pace,
) -> Result<f64, Box<dyn Error>> {
    let packet_bytes = HEADER_BYTES + payload + TAG_BYTES;
    let mut slab = vec![0u8; BATCH * MAX_TRAIN * packet_bytes];
    let (started, cpu_s) = (Instant::now(), process_cpu_s());
    let mut packets = 0;
    let trains_at_once = if way == Way::SendTo { 1 } else { BATCH };
    while started.elapsed() < pace.lasts {
        let began = Instant::now();
        for group in destinations.chunks_mut(trains_at_once) {
            packets += round(way, socket, group, &mut slab, packet_bytes)?;
        }
        pace.rest(began.elapsed());
    }
    Ok(packets as f64 / (process_cpu_s() - cpu_s))
}

/// Seal a train for each destination of a group and send them; how many packets that were.
fn round(
    way: Way,
    socket: &UdpSocket,
    group: &mut [Destination],
    slab: &mut [u8],
    packet_bytes: usize,
) -> Result<usize, Box<dyn Error>> {
    let train_bytes = way.train() * packet_bytes;
    for (destination, train) in group.iter_mut().zip(slab.chunks_mut(train_bytes)) {
        for packet in train.chunks_mut(packet_bytes) {
            destination.seal(packet)?;
        }
    }
    match way {
        Way::Seal => {}
        Way::SendTo => {
            socket.send_to(&slab[..packet_bytes], group[0].address)?;
        }
        Way::SendMany | Way::Trains(_) => {
            let with_bytes = group.iter().zip(slab.chunks(train_bytes));
            let trains: Vec<Train> = with_bytes
                .map(|(one, bytes)| Train { destination: one.address, bytes, segment: packet_bytes })
                .collect();
            let mut sent = 0;
            while sent < trains.len() {
                sent += send_trains(socket, &trains[sent..])?;
            }
        }
    }
    Ok(group.len() * way.train())
}

impl Destination {
    /// Write an RTP header and seal what follows it, in place.
    fn seal(&mut self, packet: &mut [u8]) -> Result<(), Box<dyn Error>> {
        self.sequence += 1;
        let (header, rest) = packet.split_at_mut(HEADER_BYTES);
        header[..2].copy_from_slice(&[0x80, 96]);
        header[2..4].copy_from_slice(&(self.sequence as u16).to_be_bytes());
        let mut nonce = [0u8; 12];
        nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
        let (body, tag) = rest.split_at_mut(rest.len() - TAG_BYTES);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let sealed = self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body)?;
        tag.copy_from_slice(sealed.as_ref());
        Ok(())
    }
}
