//! A private, throw-away Radicale on 127.0.0.1: a CalDAV server that many people run, written by others. Everything it keeps lies in one
//! temporary folder; dropping the value stops it.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::dav::Dav;
use crate::{dovecot::free_port, support::until};

pub const USER: &str = "mara@lindqvist.example";
const PASSWORD: &str = "open sesame";

pub struct Radicale {
    state: TempDir,
    child: Child,
    /// Its collection `plan`.
    pub dav: Dav,
}

impl Radicale {
    /// With these collections; the first is `dav`'s.
    pub fn start(collections: &[&str]) -> Self {
        let state = tempfile::Builder::new().prefix("aurelius-radicale-").tempdir().unwrap();
        let port = free_port();
        let at = state.path().display();
        fs::write(state.path().join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        let configuration = format!(
            "[server]\nhosts = 127.0.0.1:{port}\n\
             [auth]\ntype = htpasswd\nhtpasswd_filename = {at}/users\nhtpasswd_encryption = plain\ndelay = 0\n\
             [rights]\ntype = owner_only\n\
             [storage]\nfilesystem_folder = {at}/collections\n\
             [web]\ntype = none\n\
             [logging]\nlevel = warning\n"
        );
        let file = state.path().join("config");
        fs::write(&file, configuration).unwrap();
        let log = fs::File::create(state.path().join("log")).unwrap();
        let child = Command::new("radicale").arg("--config").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let child = child.unwrap_or_else(|e| panic!("radicale can't be started ({e}): install the package radicale"));
        let dav = Dav {
            host: format!("127.0.0.1:{port}"),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            collection: format!("/{USER}/{}/", collections[0]),
        };
        let server = Self { state, child, dav };
        until("radicale listens", Duration::from_secs(20), || std::net::TcpStream::connect(&server.dav.host).is_ok());
        for name in collections {
            let body = format!(
                r#"<?xml version="1.0"?><C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>{name}</displayname></prop></set></C:mkcalendar>"#
            );
            let made = server.dav.ask("MKCALENDAR", &server.dav.beside(name).collection, &[("Content-Type", "application/xml")], &body);
            assert_eq!(made.status, 201, "{made:?} {}", server.log());
        }
        server
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.state.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
