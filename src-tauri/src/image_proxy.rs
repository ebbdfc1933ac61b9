//! `aurelius-img://`: images of a mail. Inline parts (`/cid/MESSAGE/CONTENT-ID`) come from the store; remote ones
//! (`/remote/MESSAGE?u=URL`) are fetched by Rust without cookies, referrer or our real agent, and only when the person
//! allowed them for this mail or its sender. The web view itself can load nothing from the network.

use tauri::{
    Manager as _, UriSchemeContext, UriSchemeResponder, Wry,
    http::{Request, Response, StatusCode, header},
};
use url::Url;

use crate::state::Shell;

pub const SCHEME: &str = "aurelius-img";

pub fn serve(context: UriSchemeContext<'_, Wry>, request: Request<Vec<u8>>, responder: UriSchemeResponder) {
    let shell = context.app_handle().state::<Shell>().inner().clone();
    let uri = request.uri().to_string();
    tauri::async_runtime::spawn(async move {
        responder.respond(match load(&shell, &uri).await {
            Some((mime, bytes)) => Response::builder()
                .header(header::CONTENT_TYPE, mime)
                .header(header::CACHE_CONTROL, "private, max-age=3600")
                .header("x-content-type-options", "nosniff")
                .header("content-security-policy", "default-src 'none'; sandbox")
                .body(bytes)
                .unwrap_or_default(),
            None => Response::builder().status(StatusCode::NOT_FOUND).body(Vec::new()).unwrap_or_default(),
        });
    });
}

/// Type and bytes of the picture at `uri`; None where it is not there, or not allowed.
pub async fn load(shell: &Shell, uri: &str) -> Option<(String, Vec<u8>)> {
    let engine = shell.engine().await.ok()?;
    match parse(uri)? {
        Image::Inline { message, content_id } => {
            let part = engine.inline_image(domain::ids::MessageId(message), &content_id).await.ok()?;
            Some((part.mime, part.bytes))
        }
        Image::Remote { message, url } => {
            let image = engine.remote_image(domain::ids::MessageId(message), &url).await.ok()?;
            Some((image.mime.clone(), image.bytes.clone()))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Image {
    Inline { message: i64, content_id: String },
    Remote { message: i64, url: String },
}

/// `aurelius-img://localhost/…`, or `http://aurelius-img.localhost/…` where the system wants http.
fn parse(uri: &str) -> Option<Image> {
    let url = Url::parse(uri).ok()?;
    let mut segments = url.path_segments()?;
    let kind = segments.next()?;
    let message = segments.next()?.parse().ok()?;
    let value = url.query_pairs().find(|(key, _)| key == "u").map(|(_, value)| value.into_owned())?;
    match kind {
        "cid" => Some(Image::Inline { message, content_id: value }),
        "remote" => Some(Image::Remote { message, url: value }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(parse("aurelius-img://localhost/cid/7?u=a%40b"), Some(Image::Inline { message: 7, content_id: "a@b".into() }));
        assert_eq!(
            parse("http://aurelius-img.localhost/remote/7?u=https%3A%2F%2Fx.example%2Fa.png%3Fb%3D1"),
            Some(Image::Remote { message: 7, url: "https://x.example/a.png?b=1".into() })
        );
        assert_eq!(parse("aurelius-img://localhost/other/7?u=x"), None);
        assert_eq!(parse("aurelius-img://localhost/cid/x?u=x"), None);
    }
}
