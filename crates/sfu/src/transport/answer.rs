//! Makes str0m's answer say what the engine is: complete from the start, with nothing to trickle.

const LINE: &str = "\r\n";
const CANDIDATE: &str = "a=candidate:";

/// The answer without the promise of more candidates, and with all of them, and their end (RFC 8840), in every
/// section.
///
/// With BUNDLE the first section would do, but aiortc reads the last one only; the others do not mind.
pub fn complete(sdp: &str) -> String {
    let kept = || sdp.split(LINE).filter(|line| *line != "a=ice-options:trickle");
    let candidates: Vec<&str> = kept().filter(|line| line.starts_with(CANDIDATE)).collect();
    let mut lines = Vec::new();
    for line in kept().filter(|line| !line.starts_with(CANDIDATE)) {
        lines.push(line);
        if line.starts_with("a=ice-pwd:") {
            lines.extend(&candidates);
            lines.push("a=end-of-candidates");
        }
    }
    lines.join(LINE)
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn every_section_lists_all_candidates_and_their_end() {
        let sdp = "v=0\r\nm=audio\r\na=candidate:1\r\na=candidate:2\r\na=ice-pwd:x\r\na=ice-options:trickle\r\n\
                   a=mid:0\r\nm=video\r\na=ice-pwd:x\r\n";
        let expected = "v=0\r\nm=audio\r\na=ice-pwd:x\r\na=candidate:1\r\na=candidate:2\r\na=end-of-candidates\r\n\
                        a=mid:0\r\nm=video\r\na=ice-pwd:x\r\na=candidate:1\r\na=candidate:2\r\na=end-of-candidates\r\n";
        assert_eq!(complete(sdp), expected);
    }
}
