//! Offers. An input is which mids are published and received, and the offer's text.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use sfu::command::OpenPeer;
use sfu::model::{PublishedTrack, Source};
use sfu::transport::Transports;
use str0m::Rtc;
use str0m::change::SdpAnswer;
use str0m::media::{Direction, MediaKind, Simulcast, SimulcastLayer};

use crate::input::{Input, Recipe};

/// What an answer adds to an offer: candidates in every section.
const MAX_ANSWER_BYTES: usize = 256 * 1_024;
const SOURCES: [Source; 4] = [Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio];

fn transports() -> &'static Transports {
    static TRANSPORTS: OnceLock<Transports> = OnceLock::new();
    let addresses =
        [SocketAddr::from(([192, 0, 2, 1], 3_478)), SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, 1], 3_478))];
    TRANSPORTS.get_or_init(|| Transports::new(&addresses, true).expect("a certificate"))
}

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let mut mids = |count: u8| -> Vec<String> {
        (0..count).map(|_| String::from_utf8_lossy(input.chunk()).into_owned()).collect()
    };
    let publish =
        mids(flags & 3).into_iter().zip(SOURCES).map(|(mid, source)| PublishedTrack { mid, source }).collect();
    let (audio_slots, video_slots) = (mids(flags >> 2 & 3), mids(flags >> 4 & 3));
    let offer = String::from_utf8_lossy(input.rest()).into_owned();
    let (room, peer) = ("room".into(), "peer".into());
    let open = OpenPeer { request: 1, room, peer, generation: 1, offer, publish, audio_slots, video_slots };
    check(&open);
}

fn check(open: &OpenPeer) {
    static NOW: OnceLock<Instant> = OnceLock::new();
    match transports().open(open, *NOW.get_or_init(Instant::now)) {
        Ok(mut opened) => {
            SdpAnswer::from_sdp_string(&opened.answer).expect("an answer can be read");
            assert!(opened.answer.len() <= MAX_ANSWER_BYTES);
            assert_eq!(opened.agreed.tracks.len(), open.publish.len());
            assert_eq!(opened.agreed.slots.len(), open.audio_slots.len() + open.video_slots.len());
            assert!(!opened.transport.ufrag().is_empty());
            // The same offer again is an offer like any other.
            let _ = opened.transport.restart_ice(&open.offer);
        }
        Err(refusal) => assert!(!refusal.detail.is_empty()),
    }
}

/// A browser's offer: a voice, a picture in three layers, slots, a data channel.
fn browser() -> String {
    let mut lines = vec![
        "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4\r\na=extmap-allow-mixed"
            .to_owned(),
    ];
    let transport = "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:Ab3d\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass";
    let extensions = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\na=extmap:13 urn:3gpp:video-orientation";
    let audio = "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111";
    let video = "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\na=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=5;profile=0;tier=0";
    let sections = [
        ("audio", "111 63", "sendonly", audio, "a=msid:a b\r\na=ssrc:1001 cname:x\r\na=ssrc:1001 msid:a b"),
        (
            "video",
            "96 97 102 98 45",
            "sendonly",
            video,
            "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f",
        ),
        ("audio", "111 63", "recvonly", audio, ""),
        (
            "video",
            "96 97 102 98 45",
            "recvonly",
            video,
            "a=ssrc-group:FID 1002 1003\r\na=ssrc:1002 cname:x\r\na=ssrc:1003 cname:x",
        ),
    ];
    for (mid, (kind, payloads, direction, codecs, more)) in sections.iter().enumerate() {
        lines.push(format!("m={kind} 9 UDP/TLS/RTP/SAVPF {payloads}"));
        lines.extend(
            [transport, &format!("a=mid:{mid}"), extensions, &format!("a={direction}"), codecs].map(str::to_owned),
        );
        lines.extend((!more.is_empty()).then(|| (*more).to_owned()));
    }
    lines.push(format!(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{transport}\r\na=mid:4\r\na=sctp-port:5000"
    ));
    lines.join("\r\n") + "\r\n"
}

/// What str0m itself offers.
fn native() -> String {
    let mut rtc = Rtc::builder().set_rtp_mode(true).build(Instant::now());
    let mut api = rtc.sdp_api();
    let mut simulcast = Simulcast::new();
    ["lo", "hi"].iter().for_each(|rid| simulcast.add_send_layer(SimulcastLayer::new(rid)));
    api.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
    api.add_media(MediaKind::Video, Direction::SendOnly, None, None, Some(simulcast));
    api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    api.add_channel("data".into());
    api.apply().map(|(offer, _)| offer.to_sdp_string()).unwrap_or_default()
}

pub fn seeds() -> Vec<Vec<u8>> {
    let named = |offer: &str| {
        let recipe = Recipe::default().raw(&[0b01_01_10]).chunk(b"0").chunk(b"1").chunk(b"2").chunk(b"3");
        recipe.raw(offer.as_bytes()).finish()
    };
    let plain = |offer: &str| Recipe::default().raw(&[0]).raw(offer.as_bytes()).finish();
    let (browser, native) = (browser(), native());
    let bare = browser.split("m=video").next().unwrap_or_default().to_owned();
    vec![named(&browser), plain(&browser), plain(&native), plain(&bare), plain(&browser[..700]), plain("v=0\r\n")]
}
