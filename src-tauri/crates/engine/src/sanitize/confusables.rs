//! Letters that look like other letters: enough of Unicode's confusables (UTS 39) for the scripts that domain names allow.

use unicode_normalization::UnicodeNormalization;

/// Latin look-alikes of Cyrillic, Greek, Armenian and a few Latin letters.
const PAIRS: [(char, char); 74] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ї', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('ԁ', 'd'),
    ('һ', 'h'),
    ('ӏ', 'l'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
    ('в', 'b'),
    ('к', 'k'),
    ('м', 'm'),
    ('н', 'h'),
    ('т', 't'),
    ('г', 'r'),
    ('п', 'n'),
    ('ь', 'b'),
    ('ѵ', 'v'),
    ('ү', 'y'),
    ('ё', 'e'),
    ('є', 'e'),
    ('з', '3'),
    ('α', 'a'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('ν', 'v'),
    ('τ', 't'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('γ', 'y'),
    ('η', 'n'),
    ('ω', 'w'),
    ('ϲ', 'c'),
    ('ϳ', 'j'),
    ('ε', 'e'),
    ('β', 'b'),
    ('σ', 'o'),
    ('μ', 'u'),
    ('օ', 'o'),
    ('ո', 'n'),
    ('ս', 'u'),
    ('հ', 'h'),
    ('ց', 'g'),
    ('ք', 'p'),
    ('զ', 'q'),
    ('յ', 'j'),
    ('ı', 'i'),
    ('ɩ', 'i'),
    ('ɑ', 'a'),
    ('ɡ', 'g'),
    ('ł', 'l'),
    ('ø', 'o'),
    ('đ', 'd'),
    ('ħ', 'h'),
    ('ŧ', 't'),
    ('ƅ', 'b'),
    ('ⅼ', 'l'),
    ('ⅰ', 'i'),
    ('ⅽ', 'c'),
    ('ⅾ', 'd'),
    ('ⅿ', 'm'),
    ('0', 'o'),
    ('1', 'l'),
    ('|', 'l'),
    ('5', 's'),
];

/// What the text looks like: two texts with the same skeleton can be taken for each other.
pub(super) fn skeleton(text: &str) -> String {
    let folded: String = text
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| PAIRS.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to))
        .filter(|c| *c != '-')
        .collect();
    folded.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("ii", "u")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Common,
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    /// Chinese, Japanese and Korean writing, which mixes within itself and with Latin.
    East,
    Other(u32),
}

const fn script(c: char) -> Script {
    match c as u32 {
        0x41..=0x5a | 0x61..=0x7a | 0xc0..=0x24f | 0x250..=0x2af | 0x1e00..=0x1eff | 0xff21..=0xff5a => Script::Latin,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f | 0x1c80..=0x1c8f => Script::Cyrillic,
        0x530..=0x58f => Script::Armenian,
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x20000..=0x3ffff => Script::East,
        0..=0xbf | 0x300..=0x36f | 0x2000..=0x206f => Script::Common,
        // Blocks are enough here: what matters is that two of them meet in one word.
        other => Script::Other(other >> 7),
    }
}

/// Whether one label mixes scripts in a way that no language does.
pub(super) fn mixes_scripts(label: &str) -> bool {
    let mut seen: Vec<Script> = Vec::new();
    for s in label.chars().map(script).filter(|s| *s != Script::Common) {
        if !seen.contains(&s) {
            seen.push(s);
        }
    }
    seen.len() > 1 && !seen.iter().all(|s| matches!(s, Script::Latin | Script::East))
}

/// Whether two short words differ by one letter added, lost, changed or two swapped.
pub(super) fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a == b || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let prefix = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (left, right) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let (after_left, after_right) = (left.get(1..).unwrap_or_default(), right.get(1..).unwrap_or_default());
    let swapped = left.len() >= 2
        && right.len() >= 2
        && left.first() == right.get(1)
        && left.get(1) == right.first()
        && left.get(2..) == right.get(2..);
    after_left == after_right || after_left == right || left == after_right || swapped
}
