//! A TCP proxy on loopback that spoils what passes through it, by plan.
//!
//! A fault is a direction, a number of bytes and a kind. The bytes of a direction are counted over all connections since the plan
//! was set, so a fault strikes connections that were open before as well as new ones, at an offset and not at a time: the same plan
//! meets the same byte again, as far as client and server say the same things.
//!
//! A turn is the same for what happens at the server: something that is done there, to its end, while the bytes behind an offset wait.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    task::JoinHandle,
};

use crate::support::Rng;

/// A bit flip in the length of a TLS record makes both ends wait for bytes that never come, each for its own minute. A connection
/// whose bytes were falsified is cut after this long, so that a run does not consist of waiting.
const AFTER_FLIP: Duration = Duration::from_millis(400);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Server to client.
    Down,
    Up,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RST to both ends.
    Reset,
    /// The receiver sees the end of the stream; the other direction goes on, what follows in this one is swallowed.
    HalfClose,
    /// Nothing passes for a while; then it goes on.
    Stall { ms: u64 },
    /// Nothing passes for a while; then the connection is reset, as by a middlebox that forgot it.
    Lost { ms: u64 },
    /// One bit of one byte is another.
    Flip { bit: u8 },
    /// So many bytes arrive one by one.
    Slices { bytes: u64 },
    /// So many bytes arrive in small pieces with a pause after each.
    Slow { bytes: u64, piece: usize, ms: u64 },
    /// Nothing passes from here on, and nobody is told: each end waits until its own patience is over.
    Hole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub way: Way,
    /// Bytes of this direction that pass before.
    pub at: u64,
    pub kind: Kind,
}

impl Fault {
    /// Offsets are spread over orders of magnitude: the beginning of a conversation is where most of the protocol is.
    pub fn draw(rng: &mut Rng, encrypted: bool) -> Self {
        let way = if rng.below(3) == 0 { Way::Up } else { Way::Down };
        let most = 1 << rng.below(if way == Way::Up { 12 } else { 14 });
        let at = rng.below(most);
        let kind = match rng.below(if encrypted { 10 } else { 8 }) {
            0..=2 => Kind::Reset,
            3 => Kind::HalfClose,
            4 => Kind::Stall { ms: 5 + rng.below(60) },
            5 => Kind::Lost { ms: 5 + rng.below(60) },
            6 => Kind::Slices { bytes: 1 + rng.below(3_000) },
            7 => Kind::Slow { bytes: 100 + rng.below(4_000), piece: 20 + rng.below(200) as usize, ms: 1 + rng.below(3) },
            _ => Kind::Flip { bit: rng.below(8) as u8 },
        };
        Self { way, at, kind }
    }
}

/// What is done at the server in the middle of a conversation.
pub type Turn = Box<dyn FnOnce() + Send>;

enum Event {
    Fault(Kind),
    Turn(Turn),
}

#[derive(Default)]
struct Lane {
    passed: u64,
    faults: VecDeque<Fault>,
    turn: Option<(u64, Turn)>,
}

#[derive(Default)]
struct Plan {
    down: Lane,
    up: Lane,
    struck: Vec<Fault>,
    /// Raised with every new plan: what a fault left behind on a connection ends when the weather clears.
    number: u64,
}

impl Plan {
    fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::Down => &mut self.down,
            Way::Up => &mut self.up,
        }
    }

    /// Of the next `len` bytes: how many pass as they are, and what happens then. It takes effect on the byte behind.
    fn next(&mut self, way: Way, len: usize) -> (usize, Option<Event>) {
        let lane = self.lane(way);
        let left = |at: u64| at.saturating_sub(lane.passed);
        let (fault, turn) = (lane.faults.front().map(|f| left(f.at)), lane.turn.as_ref().map(|(at, _)| left(*at)));
        match fault.into_iter().chain(turn).min() {
            Some(left) if left < len as u64 => {
                lane.passed += left;
                if turn.is_some_and(|at| at == left) {
                    return (left as usize, lane.turn.take().map(|(_, turn)| Event::Turn(turn)));
                }
                let fault = lane.faults.pop_front();
                self.struck.extend(fault);
                (left as usize, fault.map(|f| Event::Fault(f.kind)))
            }
            _ => {
                lane.passed += len as u64;
                (len, None)
            }
        }
    }
}

pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    plan: Mutex<Plan>,
    /// Turns that have begun and not ended.
    turning: AtomicUsize,
}

impl Shared {
    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a turn for as long as it runs.
struct Turning(Arc<Shared>);

impl Drop for Turning {
    fn drop(&mut self) {
        self.0.turning.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Proxy {
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared: Arc<Shared> = Arc::default();
        let all = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&all);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await {
                        serve(client, server, &shared).await;
                    }
                });
            }
        });
        Self { port, shared, server }
    }

    /// From now on, and for the bytes that pass from now on. The turn waits for so many bytes from the server.
    pub fn arm(&self, faults: &[Fault], turn: Option<(u64, Turn)>) {
        let mut plan = self.shared.plan();
        let mut sorted = faults.to_vec();
        sorted.sort_by_key(|f| f.at);
        let of = |way: Way| sorted.iter().copied().filter(|f| f.way == way).collect();
        plan.down = Lane { passed: 0, faults: of(Way::Down), turn };
        plan.up = Lane { passed: 0, faults: of(Way::Up), turn: None };
        plan.number += 1;
    }

    /// Fine weather. Returns what struck since the last call; what had no byte to strike is forgotten, what has begun comes to its end.
    pub async fn calm(&self) -> Vec<Fault> {
        self.arm(&[], None);
        while self.shared.turning.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        std::mem::take(&mut self.shared.plan().struck)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How a direction ended.
enum End {
    /// As the sender wanted.
    Closed,
    /// Not at all: bytes are swallowed from here on.
    Swallowed,
}

struct Cut;

async fn serve(mut client: TcpStream, mut server: TcpStream, shared: &Arc<Shared>) {
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let cut = {
        let down = pump(&mut from_server, &mut to_client, Way::Down, shared);
        let up = pump(&mut from_client, &mut to_server, Way::Up, shared);
        tokio::try_join!(down, up).is_err()
    };
    if cut {
        // Closing with nothing left to linger for sends RST.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

async fn pump(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, way: Way, shared: &Arc<Shared>) -> Result<(), Cut> {
    let outcome = carry(from, to, way, shared).await?;
    let _ = to.shutdown().await;
    if let End::Swallowed = outcome {
        let mut waste = [0; 4096];
        while !matches!(from.read(&mut waste).await, Ok(0) | Err(_)) {}
    }
    Ok(())
}

async fn carry(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, way: Way, shared: &Arc<Shared>) -> Result<End, Cut> {
    let mut buffer = vec![0; 16 * 1024];
    let (mut slices, mut slow, mut doomed) = (0_u64, (0_u64, 1_usize, 0_u64), None);
    let mut number = shared.plan().number;
    loop {
        let read = match doomed {
            Some(at) => tokio::time::timeout_at(at, from.read(&mut buffer)).await.map_err(|_| Cut)?,
            None => from.read(&mut buffer).await,
        };
        let Ok(n) = read else { return Err(Cut) };
        if n == 0 {
            return Ok(End::Closed);
        }
        let mut rest = &mut buffer[..n];
        while !rest.is_empty() {
            let (pass, event) = {
                let mut plan = shared.plan();
                if plan.number != number {
                    number = plan.number;
                    (slices, slow) = (0, (0, 1, 0));
                }
                let next = plan.next(way, rest.len());
                if let Some(Event::Turn(_)) = next.1 {
                    // Before the plan is free again: nobody may find the weather calm in between.
                    shared.turning.fetch_add(1, Ordering::SeqCst);
                }
                next
            };
            let (head, tail) = rest.split_at_mut(pass);
            let mut head: &[u8] = head;
            while !head.is_empty() {
                let take = if slices > 0 {
                    1
                } else if slow.0 > 0 {
                    slow.1.min(head.len())
                } else {
                    head.len()
                };
                to.write_all(&head[..take]).await.map_err(|_| Cut)?;
                head = &head[take..];
                if slices > 0 {
                    slices -= 1;
                    tokio::task::yield_now().await;
                } else if slow.0 > 0 {
                    slow.0 = slow.0.saturating_sub(take as u64);
                    tokio::time::sleep(Duration::from_millis(slow.2)).await;
                }
            }
            rest = tail;
            let fault = match event {
                None => continue,
                Some(Event::Fault(kind)) => kind,
                Some(Event::Turn(turn)) => {
                    let turning = Turning(Arc::clone(shared));
                    // It blocks, and it comes to its end whatever becomes of this connection.
                    let turned = tokio::task::spawn_blocking(move || {
                        let _turning = turning;
                        turn();
                    });
                    turned.await.map_err(|_| Cut)?;
                    continue;
                }
            };
            match fault {
                Kind::Reset => return Err(Cut),
                Kind::HalfClose => return Ok(End::Swallowed),
                Kind::Stall { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
                Kind::Lost { ms } => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    return Err(Cut);
                }
                Kind::Flip { bit } => {
                    rest[0] ^= 1 << bit;
                    doomed = Some(tokio::time::Instant::now() + AFTER_FLIP);
                }
                Kind::Slices { bytes } => slices = bytes,
                Kind::Slow { bytes, piece, ms } => slow = (bytes, piece, ms),
                Kind::Hole => std::future::pending().await,
            }
        }
    }
}
