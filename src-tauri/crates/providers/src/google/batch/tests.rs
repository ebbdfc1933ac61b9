#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;

fn split(body: &str, step: usize) -> Vec<(Vec<u8>, bool)> {
    let mut splitter = Splitter::new("b");
    let mut parts = Vec::new();
    for chunk in body.as_bytes().chunks(step) {
        splitter.feed(chunk);
        while let Step::Part { bytes, truncated } = splitter.next() {
            parts.push((bytes.to_vec(), truncated));
        }
    }
    assert!(splitter.done, "the end was not seen");
    parts
}

#[test]
fn splits_at_any_chunking_and_with_either_line_end() {
    for body in [
        "--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\n--bx\r\n--b--\r\n",
        "preamble\r\n--b\r\nA: 1\r\n\r\none\r\n--b  \r\n\r\ntwo\n--bx\r\n--b--",
        "--b\nA: 1\r\n\r\none\n--b\n\r\ntwo\n--bx\n--b--\nepilogue",
    ] {
        let body = body.replace("--bx", "--cx");
        for step in [1, 2, 3, 5, 1000] {
            let parts = split(&body, step);
            assert_eq!(parts.len(), 2, "{body:?} by {step}");
            assert_eq!(parts[0], (b"A: 1\r\n\r\none".to_vec(), false), "{body:?} by {step}");
            assert_eq!(parts[1].0, b"\r\ntwo\n--cx", "{body:?} by {step}");
        }
    }
}

#[test]
fn a_part_beyond_the_cap_is_skipped_but_named_and_memory_stays_bounded() {
    let mut splitter = Splitter::new("b");
    splitter.feed(b"--b\r\nContent-ID: <response-item1>\r\n\r\n");
    let mut parts = Vec::new();
    let mut largest = 0;
    let mut drain = |splitter: &mut Splitter| {
        while let Step::Part { bytes, truncated } = splitter.next() {
            parts.push((bytes, truncated));
        }
        largest = largest.max(splitter.buffer.len());
    };
    for _ in 0..(3 * PART_CAP / 65536) {
        splitter.feed(&vec![b'x'; 65536]);
        drain(&mut splitter);
    }
    splitter.feed(b"\r\n--b\r\nContent-ID: <response-item2>\r\n\r\nsmall\r\n--b--");
    drain(&mut splitter);
    assert!(largest <= PART_CAP + 2 * 65536, "{largest}");
    assert_eq!(parts.len(), 2);
    assert!(parts[0].1 && parts[0].0.starts_with(b"Content-ID: <response-item1>") && parts[0].0.len() <= HEAD_CAP);
    assert_eq!((parts[1].0.as_ref(), parts[1].1), (&b"Content-ID: <response-item2>\r\n\r\nsmall"[..], false));
}

#[test]
fn reads_boundaries_content_ids_and_heads() {
    assert_eq!(multipart_boundary("multipart/mixed; boundary=batch_x").as_deref(), Some("batch_x"));
    assert_eq!(multipart_boundary("Multipart/Mixed; charset=x; Boundary=\"a b\"").as_deref(), Some("a b"));
    for bad in ["application/json", "multipart/mixed", "multipart/mixed; boundary=", ""] {
        assert_eq!(multipart_boundary(bad), None, "{bad}");
    }
    assert_eq!(part_number("<response-item12>"), Some(12));
    assert_eq!(part_number("response-item0"), Some(0));
    assert_eq!(part_number("<response-other>"), None);
    let mut bytes = Bytes::from_static(b"HTTP/1.1 404 Not Found\r\nRetry-After: 3\r\n\r\n{}\r\n");
    let inner = head(&mut bytes).unwrap();
    let (status, headers) = parse_headers(&inner, true).unwrap();
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (Some(StatusCode::NOT_FOUND), "3"));
    assert_eq!(bytes.as_ref(), b"{}\r\n");
    assert!(head(&mut Bytes::from_static(b"no end\r\n")).is_none());
    assert!(parse_headers(b"FTP/1 200\r\n", true).is_none());
}

#[test]
fn a_delimiter_line_that_never_ends_is_broken_in_any_slices() {
    for step in [1, 100, 65_536] {
        let mut splitter = Splitter::new("b");
        let body = [b"--b\r\n\r\none\r\n--b".to_vec(), vec![b' '; 10 * HEAD_CAP], b"\n".to_vec()].concat();
        let broken = body.chunks(step).any(|piece| {
            splitter.feed(piece);
            assert!(splitter.buffer.len() <= body.len().min(2 * HEAD_CAP + step), "{} bytes kept", splitter.buffer.len());
            matches!(splitter.next(), Step::Broken)
        });
        assert!(broken, "by {step}");
    }
}
