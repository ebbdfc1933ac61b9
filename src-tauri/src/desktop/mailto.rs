//! `mailto:` links from other programs. Any page can fire one, so it only ever opens a draft that the person sees; what else
//! a link may carry (attachments above all) the composer leaves out.

use crate::dto::Ask;

/// Longer ones are no letters: some browsers cut at far less.
const LONGEST: usize = 32 * 1024;

/// The links among the arguments of a start.
pub fn among(args: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Ask> {
    args.into_iter()
        .filter(|arg| arg.as_ref().len() <= LONGEST)
        .filter(|arg| arg.as_ref().get(..7).is_some_and(|s| s.eq_ignore_ascii_case("mailto:")))
        .map(|arg| Ask::Compose { mailto: arg.as_ref().to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_and_only_of_a_sane_length() {
        let long = format!("mailto:a@b.example?body={}", "x".repeat(LONGEST));
        let args = ["aurelius", "--demo", "MailTo:ada@x.example?cc=b@x.example", "aurelius://oauth", "mail", "mailtö:", &long];
        assert_eq!(among(args), [Ask::Compose { mailto: "MailTo:ada@x.example?cc=b@x.example".into() }]);
    }
}
