//! A small submission server.

use super::peer::Talk;

pub fn serve(talk: &mut Talk) -> std::io::Result<()> {
    if talk.bomb() == Some("endless greeting") {
        return talk.flood(|_| b"220-hello\r\n".to_vec());
    }
    talk.say(b"220 mail.x.example ready\r\n")?;
    loop {
        let line = talk.line()?;
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match (talk.bomb(), verb.as_str()) {
            (Some("endless extensions"), "EHLO") => talk.flood(|n| format!("250-X{n} {}\r\n", "A".repeat(2_000)).into_bytes())?,
            (Some("endless line"), "EHLO") => talk.flood(|n| if n == 0 { b"250-".to_vec() } else { b"SIZE SIZE ".to_vec() })?,
            (Some("endless challenges"), "AUTH") => talk.flood(|_| b"334 AAAA\r\n".to_vec())?,
            (Some("endless replies after the dot"), "DATA") => {
                talk.say(b"354 go\r\n")?;
                talk.flood(|n| format!("250-{n}\r\n").into_bytes())?;
            }
            _ => {}
        }
        match verb.as_str() {
            "EHLO" => talk.say(b"250-mail.x.example\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n")?,
            "AUTH" => talk.say(b"235 2.7.0 in\r\n")?,
            "DATA" => {
                talk.say(b"354 go\r\n")?;
                while talk.line()? != "." {}
                talk.say(b"250 2.0.0 queued as 7\r\n")?;
            }
            "QUIT" => {
                talk.say(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => talk.say(b"250 2.1.0 fine\r\n")?,
        }
    }
}

pub const BOMBS: [&str; 5] =
    ["endless greeting", "endless extensions", "endless line", "endless challenges", "endless replies after the dot"];
