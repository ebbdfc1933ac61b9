//! The boards and cards of Mara at Trello to start with.

use domain::time::Timestamp;

use super::{
    card::{TrelloBoard, TrelloCard, TrelloLabel, stamp},
    world::{COLLEAGUE, MEMBER, TrelloWorld},
};
use crate::{Fill, rng::Rng};

const CLUB: &str = "6400000000000000000000b1";
const HOUSE: &str = "6400000000000000000000b2";
const WATCHED: &str = "6400000000000000000000b3";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> TrelloWorld {
    let mut digits = |n: usize| (0..n).fold(String::new(), |text, _| text + &format!("{:08x}", rng.draw() & 0xffff_ffff));
    let mut world = TrelloWorld::new(digits(4), format!("ATTA{}", digits(8)));
    // Ids are twenty-four hexadecimal digits.
    let board = |n: usize, id: &str, name: &str, observer: bool| TrelloBoard {
        id: id.to_owned(),
        name: name.to_owned(),
        closed: false,
        observer,
        lists: ["To do", "Doing", "Done"]
            .iter()
            .enumerate()
            .map(|(k, list)| (format!("640000000000000000000c{n}{k}"), (*list).to_owned()))
            .collect(),
        labels: vec![TrelloLabel { id: format!("640000000000000000000e{n}0"), name: String::new(), color: Some("green".to_owned()) }],
    };
    world.boards = vec![board(1, CLUB, "Print club", false), board(2, HOUSE, "House", false), board(3, WATCHED, "City library", true)];
    let cards = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => demo(&world, now).into_iter().take(2).collect(),
        Fill::Demo => demo(&world, now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    for (n, card) in cards.into_iter().enumerate() {
        let at = now.plus_secs(-8 * 86_400 + n as i64 * 3600);
        let id = world.fresh_id(at);
        world.keep(TrelloCard { id, pos: 65_536.0 * (n as f64 + 1.0), ..card }, at);
    }
    world
}

fn demo(world: &TrelloWorld, now: Timestamp) -> Vec<TrelloCard> {
    let card = |board: &str, list: usize, name: &str| TrelloCard {
        board: board.to_owned(),
        list: world.board(board).ok().and_then(|board| board.lists.get(list)).map(|(id, _)| id.clone()).unwrap_or_default(),
        name: name.to_owned(),
        members: vec![MEMBER.to_owned()],
        ..TrelloCard::default()
    };
    let green: Vec<String> = world.board(CLUB).into_iter().flat_map(|board| board.labels.iter().map(|label| label.id.clone())).collect();
    vec![
        TrelloCard { due: Some(stamp(now.plus_secs(2 * 86_400))), labels: green, ..card(CLUB, 0, "Bring the linoleum") },
        TrelloCard { due_complete: true, ..card(HOUSE, 2, "Descale the kettle") },
        TrelloCard { desc: "Ask **Ines** for the key.".to_owned(), ..card(CLUB, 1, "Book the press for Sunday") },
        card(HOUSE, 0, "Paint the shed"),
        card(WATCHED, 0, "Return the atlas"),
        TrelloCard { closed: true, ..card(HOUSE, 2, "Put away") },
        TrelloCard { members: vec![COLLEAGUE.to_owned()], ..card(CLUB, 0, "Buy ink") },
    ]
}
