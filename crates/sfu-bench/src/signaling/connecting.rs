//! Sockets that are opened without waiting, each from an address of its own in 127.0.0.0/8.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use mio::net::TcpStream;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

/// Begin to connect to `server` from the address of client number `client`; readiness tells when it is done.
pub fn open(client: usize, server: SocketAddrV4) -> io::Result<TcpStream> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    bind(&socket, &SocketAddrV4::new(address_of(client), 0))?;
    match connect(&socket, &server) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(TcpStream::from_std(std::net::TcpStream::from(socket)))
}

/// People come from different addresses, and the server counts by address.
fn address_of(client: usize) -> Ipv4Addr {
    let low = client % 250 + 1;
    Ipv4Addr::new(127, 1, (client / 250 % 250 + 1) as u8, low as u8)
}
