//! What all hostile peers share: a listener whose manners can be changed between runs, and what it does to a reply.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::support::Rng;

/// How a peer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    Honest,
    /// One reply of the conversation, drawn by the seed, is falsified.
    Seed(u64),
    /// Something without measure, at the one place of the protocol where it hurts.
    Bomb(&'static str),
}

/// A listener on loopback that lives as long as the test's process.
pub struct Peer {
    pub port: u16,
    manners: Arc<Mutex<Manners>>,
}

impl Peer {
    pub fn start(serve: fn(&mut Talk) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let manners = Arc::new(Mutex::new(Manners::Honest));
        let shared = Arc::clone(&manners);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let manners = *shared.lock().unwrap_or_else(PoisonError::into_inner);
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let mut talk = Talk::new(stream, manners, &shared, port);
                    let _ = serve(&mut talk);
                    let _ = talk.writer.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, manners }
    }

    pub fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap_or_else(PoisonError::into_inner) = manners;
    }
}

/// Enough for any client that keeps to a bound to hang up; a server that says more has shown what it wanted to show.
const FLOOD: usize = 1 << 30;
const FLOOD_TIME: Duration = Duration::from_secs(25);

/// One connection.
pub struct Talk {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    pub port: u16,
    pub manners: Manners,
    shared: Arc<Mutex<Manners>>,
    /// Of the seed; the same for every connection of a run.
    pub rng: Rng,
    /// Replies until the one that is falsified.
    pub until: u64,
}

impl Talk {
    fn new(stream: TcpStream, manners: Manners, shared: &Arc<Mutex<Manners>>, port: u16) -> Self {
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
        let _ = stream.set_write_timeout(Some(Duration::from_secs(10)));
        let mut rng = Rng(match manners {
            Manners::Seed(seed) => seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            _ => 1,
        });
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..4 {
            rng.next();
        }
        let until = if matches!(manners, Manners::Seed(_)) { rng.below(13) } else { u64::MAX };
        Self { reader: BufReader::new(stream.try_clone().unwrap()), writer: stream, port, manners, shared: Arc::clone(shared), rng, until }
    }

    /// What the peer was last told, also after this connection was made.
    pub fn now(&self) -> Manners {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bomb(&self) -> Option<&'static str> {
        if let Manners::Bomb(name) = self.manners { Some(name) } else { None }
    }

    /// The next line of the client, without its end.
    pub fn line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        if self.reader.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    pub fn bytes(&mut self, count: usize) -> std::io::Result<Vec<u8>> {
        let mut out = vec![0; count];
        self.reader.read_exact(&mut out)?;
        Ok(out)
    }

    /// Says a reply, falsified if it is its turn. A client that then waits for more is not kept waiting: the line goes dead soon.
    pub fn say(&mut self, reply: &[u8]) -> std::io::Result<()> {
        let due = self.until == 0;
        self.until = self.until.saturating_sub(1);
        if !due {
            return self.writer.write_all(reply);
        }
        self.until = u64::MAX;
        let _ = self.writer.set_read_timeout(Some(Duration::from_millis(700)));
        let falsified = falsify(&mut self.rng, reply);
        self.writer.write_all(&falsified)
    }

    /// Says `piece` for ever, or until the client has had enough.
    pub fn flood(&mut self, mut piece: impl FnMut(u64) -> Vec<u8>) -> std::io::Result<()> {
        let end = Instant::now() + FLOOD_TIME;
        let (mut said, mut n) = (0, 0);
        while said < FLOOD && Instant::now() < end {
            // Many small pieces in one write.
            let mut out = Vec::with_capacity(80 * 1024);
            while out.len() < 64 * 1024 {
                out.extend_from_slice(&piece(n));
                n += 1;
            }
            said += out.len();
            self.writer.write_all(&out)?;
        }
        Ok(())
    }
}

/// Words that parsers stumble over, of all three protocols.
const WORDS: [&str; 36] = [
    "{99999999999}\r\n",
    "{65536}\r\n",
    "{0}\r\n",
    "* ",
    "\r\n",
    "\r\n\r\n",
    "\0",
    "\u{fffd}",
    "\"",
    "\\",
    "(",
    ")",
    "((((((((((((((((((((((((((((((((",
    "[",
    "]",
    "<",
    "NIL",
    " BODY[] {3}\r\nabc",
    "* BYE gone\r\n",
    "* OK [ALERT] look\r\n",
    "* 4294967295 EXISTS\r\n",
    "* 1 EXPUNGE\r\n",
    "* VANISHED 1:4294967295\r\n",
    "a1 OK\r\n",
    "a9 BAD\r\n",
    "250-",
    "550 5.1.1 no\r\n",
    "334 \r\n",
    "+ \r\n",
    "{",
    "}",
    ",",
    "null",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "\\ud800",
    "--",
];
const NUMBERS: [&str; 10] = [
    "0",
    "1",
    "-1",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "99999999999999999999999",
    "1e309",
];

/// A reply with one to three things wrong.
pub fn falsify(rng: &mut Rng, reply: &[u8]) -> Vec<u8> {
    let mut out = reply.to_vec();
    for _ in 0..=rng.below(3) {
        let len = out.len().max(1) as u64;
        let at = (rng.below(len) as usize).min(out.len());
        match rng.below(10) {
            0 if !out.is_empty() => out[at] ^= 1 << rng.below(8),
            1 => out.truncate(at),
            2 => {
                let end = (at + rng.below(40) as usize).min(out.len());
                out.drain(at..end);
            }
            3 => {
                let end = (at + 1 + rng.below(200) as usize).min(out.len());
                let piece = out[at..end].to_vec();
                for _ in 0..=rng.below(50) {
                    out.splice(at..at, piece.iter().copied());
                }
            }
            4 | 5 => {
                let word = WORDS[rng.below(WORDS.len() as u64) as usize];
                out.splice(at..at, word.bytes());
            }
            6..=8 => {
                // A number becomes another one.
                let Some(start) = out.iter().skip(at).position(u8::is_ascii_digit).map(|n| at + n) else { continue };
                let end = start + out.iter().skip(start).take_while(|b| b.is_ascii_digit()).count();
                let number = NUMBERS[rng.below(NUMBERS.len() as u64) as usize];
                out.splice(start..end, number.bytes());
            }
            _ => {
                let again = out.clone();
                for _ in 0..=rng.below(30) {
                    out.extend_from_slice(&again);
                }
            }
        }
        out.truncate(4 * 1024 * 1024);
    }
    out
}
