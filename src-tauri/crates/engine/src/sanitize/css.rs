//! CSS of mails: declarations through a property and value allow-list, style sheets parsed into rules that `rewrite` inlines.
//!
//! Everything is decided on cssparser's tokens (escapes already decoded) and written out anew by its serialiser, so no spelling
//! of `expression` or `url` can pass unseen. What is gone by construction: `url()` and every other function but colours,
//! `@import`, `@font-face`, `behavior`, `-moz-binding`, `position`, `z-index`, `content`, transforms, animations, viewport units.

use std::collections::HashMap;

use cssparser::{BasicParseError, CowRcStr, Delimiter, ParseError, Parser, ParserInput, ToCss, Token};

/// One allowed declaration, serialised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub property: String,
    pub value: String,
    pub important: bool,
}

const PROPERTIES: [&str; 62] = [
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "box-sizing",
    "caption-side",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "opacity",
    "overflow",
    "overflow-wrap",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
    "object-fit",
];
const SIDES: [&str; 4] = ["top", "right", "bottom", "left"];
const UNITS: [&str; 11] = ["px", "pt", "pc", "em", "rem", "ex", "ch", "cm", "mm", "in", "q"];
const COLOURS: [&str; 4] = ["rgb", "rgba", "hsl", "hsla"];
/// Values that change what stays put or what lies above what, wherever they occur.
const WORDS: [&str; 8] = ["fixed", "sticky", "absolute", "expression", "-moz-element", "javascript", "paint", "attr"];

fn allowed(property: &str) -> bool {
    PROPERTIES.contains(&property)
        || property.strip_prefix("border-").is_some_and(|rest| {
            rest.split_once('-').is_some_and(|(side, what)| {
                SIDES.contains(&side) && matches!(what, "color" | "style" | "width" | "left-radius" | "right-radius")
            })
        })
}

/// Declarations of a `style` attribute.
pub(super) fn declarations(css: &str) -> Vec<Declaration> {
    let mut input = ParserInput::new(css);
    block(&mut Parser::new(&mut input))
}

fn block(input: &mut Parser<'_, '_>) -> Vec<Declaration> {
    let mut out = Vec::new();
    while !input.is_exhausted() && out.len() < 100 {
        let one: Result<Declaration, ParseError<'_, ()>> = input.parse_until_after(Delimiter::Semicolon, |p| {
            let property = p.expect_ident_cloned()?.to_ascii_lowercase();
            p.expect_colon()?;
            if !allowed(&property) {
                return Err(p.new_custom_error(()));
            }
            let mut value = String::new();
            let important = values(p, &property, &mut value, 0)?;
            let value = value.trim().to_owned();
            if value.is_empty() || value.len() > 500 || hides_overflow(&property, &value) {
                return Err(p.new_custom_error(()));
            }
            Ok(Declaration { property, value, important })
        });
        if let Ok(declaration) = one {
            out.push(declaration);
        }
    }
    out
}

/// A scrolling or clipping box of its own can hide a part of a mail from the reader; `hidden` and `visible` are common and kept.
fn hides_overflow(property: &str, value: &str) -> bool {
    property == "overflow" && !matches!(value, "hidden" | "visible" | "auto")
}

/// Serialises allowed tokens; an error drops the declaration.
fn values<'i>(p: &mut Parser<'i, '_>, property: &str, out: &mut String, depth: u8) -> Result<bool, ParseError<'i, ()>> {
    let mut important = false;
    loop {
        let token = match p.next_including_whitespace() {
            Ok(token) => token.clone(),
            Err(_) => return Ok(important),
        };
        match &token {
            Token::WhiteSpace(_) => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                continue;
            }
            Token::Delim('!') => {
                p.expect_ident_matching("important")?;
                important = true;
                continue;
            }
            Token::Ident(word) => {
                let low = word.to_ascii_lowercase();
                if WORDS.contains(&low.as_str()) || low.contains("expression") {
                    return Err(p.new_custom_error(()));
                }
            }
            Token::QuotedString(_) if matches!(property, "font-family" | "font") => {}
            Token::Hash(_) | Token::IDHash(_) | Token::Comma | Token::Delim('/') => {}
            Token::Number { value, .. } => check_size(p, property, *value, 10_000.0)?,
            Token::Percentage { unit_value, .. } => check_size(p, property, *unit_value, 20.0)?,
            Token::Dimension { value, unit, .. } => {
                if !UNITS.contains(&unit.to_ascii_lowercase().as_str()) {
                    return Err(p.new_custom_error(()));
                }
                check_size(p, property, *value, if property.starts_with("font") { 300.0 } else { 10_000.0 })?;
            }
            Token::Function(name) if depth == 0 && COLOURS.contains(&name.to_ascii_lowercase().as_str()) => {
                out.push_str(&name.to_ascii_lowercase());
                out.push('(');
                p.parse_nested_block(|p| values(p, property, out, depth + 1))?;
                out.push(')');
                continue;
            }
            _ => return Err(p.new_custom_error(())),
        }
        // `<` and `&` need no thought here: the HTML serialiser escapes attribute values.
        if token.to_css(out).is_err() {
            return Err(p.new_custom_error(()));
        }
    }
}

/// Endless boxes stall the layout; negative margins lay one text over another.
fn check_size<'i>(p: &Parser<'i, '_>, property: &str, value: f32, max: f32) -> Result<(), ParseError<'i, ()>> {
    let negative = value < 0.0 && (property.starts_with("margin") || property == "text-indent" || property == "letter-spacing");
    if value.is_finite() && value.abs() <= max && !negative { Ok(()) } else { Err(p.new_custom_error(())) }
}

/// Writes declarations for an attribute; `!important` is dropped, so that the window's own rules win.
pub(super) fn to_attribute(declarations: &[Declaration]) -> String {
    let mut out = String::new();
    for d in declarations {
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(&d.property);
        out.push(':');
        out.push_str(&d.value);
    }
    out
}

/// `tag#id.class[.class]`; empty means any element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Compound {
    pub tag: Option<String>,
    pub id: Option<String>,
    pub classes: Vec<String>,
}

/// What a compound is matched against.
pub(super) trait Element {
    fn is(&self, tag: &str) -> bool;
    fn id(&self) -> Option<&str>;
    fn has_class(&self, class: &str) -> bool;
}

impl Compound {
    fn matches(&self, e: &impl Element) -> bool {
        self.tag.as_deref().is_none_or(|t| e.is(t))
            && self.id.as_deref().is_none_or(|id| e.id() == Some(id))
            && self.classes.iter().all(|c| e.has_class(c))
    }
}

#[derive(Clone, Debug)]
struct Rule {
    /// Last first; true: the next one must be the parent, not just an ancestor.
    selector: Vec<(Compound, bool)>,
    specificity: (usize, usize, usize),
    declarations: std::rc::Rc<Vec<Declaration>>,
}

/// The rules of a mail's style elements, found by the last compound of their selector.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    by_key: HashMap<String, Vec<usize>>,
}

const MAX_RULES: usize = 2_000;

impl Sheet {
    pub(super) fn parse(css: &str) -> Self {
        let mut sheet = Self::default();
        let mut input = ParserInput::new(css);
        sheet.rules_of(&mut Parser::new(&mut input), 0);
        sheet
    }

    fn rules_of(&mut self, input: &mut Parser<'_, '_>, depth: u8) {
        while !input.is_exhausted() && self.rules.len() < MAX_RULES {
            let start = input.state();
            match input.next().cloned() {
                Ok(Token::AtKeyword(name)) => {
                    let media = name.eq_ignore_ascii_case("media");
                    let wanted: Result<bool, ParseError<'_, ()>> =
                        input.parse_until_before(Delimiter::CurlyBracketBlock | Delimiter::Semicolon, |p| Ok(media && plain_media(p)));
                    if matches!(input.next(), Ok(Token::CurlyBracketBlock)) {
                        let _: Result<(), ParseError<'_, ()>> = input.parse_nested_block(|p| {
                            if depth < 2 && matches!(wanted, Ok(true)) {
                                self.rules_of(p, depth + 1);
                            }
                            while p.next().is_ok() {}
                            Ok(())
                        });
                    }
                }
                Ok(Token::CDO | Token::CDC | Token::Semicolon) => {}
                Ok(_) => {
                    input.reset(&start);
                    let selectors: Result<Vec<Selector>, ParseError<'_, ()>> =
                        input.parse_until_before(Delimiter::CurlyBracketBlock, |p| Ok(selectors(p)));
                    if !matches!(input.next(), Ok(Token::CurlyBracketBlock)) {
                        break;
                    }
                    let declarations: Result<Vec<Declaration>, ParseError<'_, ()>> = input.parse_nested_block(|p| Ok(block(p)));
                    if let (Ok(selectors), Ok(declarations)) = (selectors, declarations)
                        && !declarations.is_empty()
                    {
                        self.add(selectors, declarations);
                    }
                }
                Err(_) => break,
            }
        }
    }

    fn add(&mut self, selectors: Vec<Selector>, declarations: Vec<Declaration>) {
        let declarations = std::rc::Rc::new(declarations);
        for selector in selectors.into_iter().take(100) {
            let specificity = selector.iter().fold((0, 0, 0), |s, (c, _)| {
                (s.0 + usize::from(c.id.is_some()), s.1 + c.classes.len(), s.2 + usize::from(c.tag.is_some()))
            });
            let Some((last, _)) = selector.first() else { continue };
            let key = match (&last.id, last.classes.first(), &last.tag) {
                (Some(id), ..) => format!("#{id}"),
                (None, Some(class), _) => format!(".{class}"),
                (None, None, Some(tag)) => tag.clone(),
                (None, None, None) => "*".to_owned(),
            };
            self.by_key.entry(key).or_default().push(self.rules.len());
            self.rules.push(Rule { selector, specificity, declarations: declarations.clone() });
        }
    }

    /// Declarations that apply to the last element of `path` (root first), in the order of the cascade without the style
    /// attribute.
    pub(super) fn matching<E: Element>(&self, path: &[E], keys: &[String]) -> Vec<Declaration> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<(usize, &Rule)> = keys
            .iter()
            .filter_map(|k| self.by_key.get(k))
            .flatten()
            .filter_map(|i| self.rules.get(*i).map(|r| (*i, r)))
            .filter(|(_, r)| applies(&r.selector, path))
            .collect();
        hits.sort_by_key(|(i, r)| (r.specificity, *i));
        hits.into_iter().take(200).flat_map(|(_, r)| r.declarations.iter().cloned()).collect()
    }
}

fn applies<E: Element>(selector: &[(Compound, bool)], path: &[E]) -> bool {
    let Some(((last, _), mut wanted)) = selector.split_first() else { return false };
    let Some((element, mut above)) = path.split_last() else { return false };
    if !last.matches(element) {
        return false;
    }
    // Greedy from the inside out is exact for descendants; for a child after a descendant it may miss, never overmatch.
    while let Some(((compound, parent), rest)) = wanted.split_first() {
        loop {
            let Some((candidate, further)) = above.split_last() else { return false };
            above = further;
            if compound.matches(candidate) {
                break;
            }
            if *parent {
                return false;
            }
        }
        wanted = rest;
    }
    true
}

type Selector = Vec<(Compound, bool)>;

/// Media queries without conditions, for screens.
fn plain_media(p: &mut Parser<'_, '_>) -> bool {
    let mut yes = true;
    while let Ok(token) = p.next() {
        yes &= matches!(token, Token::Ident(w) if w.eq_ignore_ascii_case("screen") || w.eq_ignore_ascii_case("all") || w.eq_ignore_ascii_case("only"))
            || matches!(token, Token::Comma);
    }
    yes
}

/// A comma-separated list; selectors with anything but tags, classes, ids, descendants and children are left out.
fn selectors(p: &mut Parser<'_, '_>) -> Vec<Selector> {
    let mut out = Vec::new();
    let mut current = Some(Partial::default());
    loop {
        let token = match p.next_including_whitespace() {
            Ok(token) => token.clone(),
            Err(BasicParseError { .. }) => break,
        };
        if token == Token::Comma {
            out.extend(current.take().and_then(Partial::finish));
            current = Some(Partial::default());
            continue;
        }
        // A pseudo-class or an attribute selector spoils this selector only.
        current = current.and_then(|c| c.token(&token, p));
    }
    out.extend(current.and_then(Partial::finish));
    out
}

#[derive(Default)]
struct Partial {
    done: Vec<(Compound, bool)>,
    now: Compound,
    /// The compound before `now` is its parent.
    child: bool,
    blank: bool,
    any: bool,
}

impl Partial {
    fn token(mut self, token: &Token<'_>, p: &mut Parser<'_, '_>) -> Option<Self> {
        let name = |w: &CowRcStr<'_>| (w.len() <= 100).then(|| w.to_string());
        match token {
            Token::WhiteSpace(_) => self.blank = true,
            Token::Delim('>') => {
                self.next_compound()?;
                self.child = true;
                self.blank = false;
            }
            Token::Ident(w) => {
                self.begin()?;
                if self.now.tag.is_some() {
                    return None;
                }
                self.now.tag = Some(name(w)?.to_ascii_lowercase());
            }
            Token::Delim('*') => self.begin()?,
            Token::IDHash(w) => {
                self.begin()?;
                self.now.id = Some(name(w)?);
            }
            Token::Delim('.') => {
                self.begin()?;
                let Ok(class) = p.expect_ident_cloned() else { return None };
                self.now.classes.push(name(&class)?);
            }
            _ => return None,
        }
        Some(self)
    }
    /// Starts a new compound where a blank came before this token.
    fn begin(&mut self) -> Option<()> {
        if self.blank && self.any {
            self.next_compound()?;
        }
        self.blank = false;
        self.any = true;
        (self.done.len() < 12 && self.now.classes.len() < 8).then_some(())
    }
    fn next_compound(&mut self) -> Option<()> {
        if !self.any {
            return None;
        }
        self.done.push((std::mem::take(&mut self.now), self.child));
        self.child = false;
        self.any = false;
        Some(())
    }
    /// Last compound first; each carries whether the one *before* it in this order must be its child.
    fn finish(mut self) -> Option<Selector> {
        self.next_compound()?;
        let flags: Vec<bool> = self.done.iter().map(|(_, child)| *child).collect();
        let mut out: Selector = Vec::with_capacity(self.done.len());
        for (i, (compound, _)) in self.done.into_iter().enumerate() {
            // `child` of compound i says how i hangs on i-1; here it belongs to i-1.
            out.push((compound, flags.get(i + 1).copied().unwrap_or(false)));
        }
        out.reverse();
        Some(out)
    }
}
