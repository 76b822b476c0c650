//! Where the engine listens and which addresses it advertises.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, ipproto, socket_with, sockopt};

/// Attempts to find a port that is free for UDP and TCP alike.
const PORT_ATTEMPTS: usize = 32;
/// Room for a burst: the kernel's default holds 200 datagrams.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// The sockets of an engine: one UDP socket a worker, all on one port, and a TCP listener on the same number.
pub struct Sockets {
    /// One a worker.
    pub udp: Vec<UdpSocket>,
    /// For ICE-TCP.
    pub tcp: Option<TcpListener>,
    /// Their common number.
    pub port: u16,
}

/// Bind everything, or nothing.
pub fn bind_sockets(ip: IpAddr, port: u16, workers: usize, tcp: bool) -> io::Result<Sockets> {
    let mut last_error = io::Error::from(io::ErrorKind::AddrInUse);
    let attempts = if port == 0 { PORT_ATTEMPTS } else { 1 };
    for _ in 0..attempts {
        match try_bind(ip, port, workers, tcp) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last_error = error,
            result => return result,
        }
    }
    Err(last_error)
}

fn try_bind(ip: IpAddr, port: u16, workers: usize, tcp: bool) -> io::Result<Sockets> {
    // Sharing a port among workers would also share it with a second engine: this bind, without sharing, notices it.
    let probe = udp_socket(SocketAddr::new(ip, port), false)?;
    let port = probe.local_addr()?.port();
    let tcp = tcp.then(|| tcp_listener(SocketAddr::new(ip, port))).transpose()?;
    drop(probe);
    let address = SocketAddr::new(ip, port);
    let udp: io::Result<Vec<UdpSocket>> = (0..workers).map(|_| udp_socket(address, true)).collect();
    Ok(Sockets { udp: udp?, tcp, port })
}

fn family(address: SocketAddr) -> AddressFamily {
    if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET }
}

fn udp_socket(address: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family(address), SocketType::DGRAM, flags, Some(ipproto::UDP))?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    sockopt::set_socket_reuseport(&socket, shared)?;
    // The kernel may grant less; that is no reason to stop.
    let _ = sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER_BYTES);
    let _ = sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER_BYTES);
    bind(&socket, &address)?;
    Ok(socket.into())
}

fn tcp_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The addresses to advertise: as configured, else those of the bound interfaces.
///
/// Loopback is advertised only when there is nothing else: a browser elsewhere could not use it.
pub fn advertised(bind: IpAddr, configured: &[IpAddr]) -> io::Result<Vec<IpAddr>> {
    if !configured.is_empty() {
        return Ok(configured.to_vec());
    }
    if !bind.is_unspecified() {
        return Ok(vec![bind]);
    }
    let mut found: Vec<IpAddr> = interface_addresses()?;
    found.retain(|ip| bind.is_ipv6() || ip.is_ipv4());
    found.dedup();
    let outside: Vec<IpAddr> = found.iter().copied().filter(|ip| !ip.is_loopback()).collect();
    Ok(if outside.is_empty() { found } else { outside })
}

/// IPv4 first: it is what most paths have.
fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let interfaces = if_addrs::get_if_addrs()?;
    let mut addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    addresses.retain(|ip| !is_link_local(*ip));
    addresses.sort_by_key(|ip| (ip.is_ipv6(), *ip));
    Ok(addresses)
}

/// Link-local addresses need a scope, which candidates cannot carry.
fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
