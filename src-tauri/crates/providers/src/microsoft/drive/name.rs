//! Names that OneDrive takes (Microsoft, "Restrictions and limitations in OneDrive and SharePoint": names).

/// Characters; a path has more, and the folder is part of it.
const LONGEST: usize = 200;
const FORBIDDEN: &str = "\"*:<>?/\\|";
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", ".lock", "desktop.ini"];

/// `name` as OneDrive takes it, with a number behind it from the second try on: `a.pdf`, `a (1).pdf`.
pub fn free(name: &str, n: u32) -> String {
    let clean: String = name.chars().map(|c| if c.is_control() || FORBIDDEN.contains(c) { '_' } else { c }).collect();
    let clean = clean.trim().trim_end_matches('.').trim_start_matches('~').trim();
    let clean = if clean.is_empty() { "file" } else { clean };
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 20 => (stem, format!(".{ending}")),
        _ => (clean, String::new()),
    };
    let stem: String = stem.chars().take(LONGEST).collect();
    let devices = |s: &str| {
        let lower = s.to_lowercase();
        let numbered = |word| lower.strip_prefix(word).is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit()));
        RESERVED.contains(&lower.as_str()) || numbered("com") || numbered("lpt") || lower.starts_with("_vti_")
    };
    let stem = if devices(&stem) || devices(&format!("{stem}{ending}")) { format!("file {stem}") } else { stem };
    if n == 0 { format!("{stem}{ending}") } else { format!("{stem} ({n}){ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit_and_numbered() {
        assert_eq!(free("Rechnung März.pdf", 0), "Rechnung März.pdf");
        assert_eq!(free("Rechnung März.pdf", 2), "Rechnung März (2).pdf");
        assert_eq!(free("a/b:c?.txt ", 0), "a_b_c_.txt");
        assert_eq!(free("ends.", 1), "ends (1)");
        assert_eq!(free("..", 0), "file");
        for (given, wanted) in [("CON", "file CON"), ("lpt1", "file lpt1"), ("Desktop.ini", "file Desktop.ini"), ("~$x.docx", "$x.docx")] {
            assert_eq!(free(given, 0), wanted);
        }
        let long = free(&format!("{}.pdf", "x".repeat(500)), 1);
        assert!(long.ends_with("x (1).pdf") && long.chars().count() < 220);
    }
}
