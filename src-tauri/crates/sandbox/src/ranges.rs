//! The bytes of a file, all or from some byte on (RFC 9110 section 14).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// `honoured`: whether a range is looked at; a server may always answer with the whole.
pub(crate) fn ranged(bytes: &[u8], mime: &str, range: Option<&str>, honoured: bool) -> Response {
    let size = bytes.len();
    let from = range.filter(|_| honoured).and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let mut response = match from {
        None => bytes.to_vec().into_response(),
        Some(from) => match bytes.get(from..).filter(|rest| !rest.is_empty()) {
            Some(rest) => {
                let mut response = (StatusCode::PARTIAL_CONTENT, rest.to_vec()).into_response();
                let said = HeaderValue::from_str(&format!("bytes {from}-{}/{size}", size - 1));
                response.headers_mut().extend(said.ok().map(|said| (header::CONTENT_RANGE, said)));
                response
            }
            None => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        },
    };
    if let Ok(mime) = HeaderValue::from_str(mime) {
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
    }
    response
}
