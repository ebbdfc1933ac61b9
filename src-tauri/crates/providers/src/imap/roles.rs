//! Roles of folders: what the server says (RFC 6154), else what the name says in the languages people use.

use domain::mail::MailboxRole;

pub(crate) fn from_attributes(attributes: &[String]) -> Option<MailboxRole> {
    attributes.iter().find_map(|attribute| {
        Some(match attribute.to_ascii_lowercase().as_str() {
            "\\inbox" => MailboxRole::Inbox,
            "\\all" | "\\allmail" => MailboxRole::All,
            "\\archive" => MailboxRole::Archive,
            "\\drafts" => MailboxRole::Drafts,
            "\\flagged" | "\\starred" => MailboxRole::Flagged,
            "\\junk" | "\\spam" => MailboxRole::Junk,
            "\\sent" => MailboxRole::Sent,
            "\\trash" => MailboxRole::Trash,
            "\\important" => MailboxRole::Important,
            _ => return None,
        })
    })
}

/// Guess by name, for servers without special use. Only for folders at the top or directly below INBOX: a project folder
/// "Acme/Sent" is not where sent mail goes.
pub(crate) fn from_name(name: &str, delimiter: Option<char>) -> Option<MailboxRole> {
    let mut path: Vec<&str> = match delimiter {
        Some(d) => name.split(d).collect(),
        None => vec![name],
    };
    if path.len() > 1 && path.first().is_some_and(|p| p.eq_ignore_ascii_case("inbox") || *p == "[Gmail]" || *p == "[Google Mail]") {
        path.remove(0);
    }
    let [leaf] = path.as_slice() else { return None };
    let leaf = leaf.to_lowercase().replace(['-', '_'], " ");
    let is = |names: &[&str]| names.contains(&leaf.trim());
    if leaf == "inbox" && name.eq_ignore_ascii_case("inbox") {
        return Some(MailboxRole::Inbox);
    }
    if is(&[
        "sent",
        "sent items",
        "sent mail",
        "sent messages",
        "gesendet",
        "gesendete",
        "gesendete elemente",
        "gesendete objekte",
        "gesendete nachrichten",
        "envoyés",
        "éléments envoyés",
        "messages envoyés",
        "objets envoyés",
        "courrier envoyé",
        "enviados",
        "elementos enviados",
        "mensajes enviados",
        "itens enviados",
        "inviati",
        "posta inviata",
        "elementi inviati",
        "messaggi inviati",
        "verzonden",
        "verzonden items",
        "verzonden berichten",
        "skickat",
        "skickade",
        "skickade objekt",
        "sendt",
        "sendte elementer",
        "sendt post",
        "lähetetyt",
        "wysłane",
        "elementy wysłane",
        "odeslané",
        "odeslaná pošta",
        "odoslané",
        "elküldött",
        "elküldött elemek",
        "отправленные",
        "надіслані",
        "gönderilmiş öğeler",
        "gönderilenler",
        "trimise",
        "送信済み",
        "送信済みアイテム",
        "送信済みメール",
        "已发送",
        "已发送邮件",
        "寄件備份",
        "보낸 편지함",
        "보낸편지함",
    ]) {
        return Some(MailboxRole::Sent);
    }
    if is(&[
        "drafts",
        "draft",
        "entwürfe",
        "entwurf",
        "brouillons",
        "brouillon",
        "borradores",
        "borrador",
        "rascunhos",
        "bozze",
        "concepten",
        "utkast",
        "kladder",
        "luonnokset",
        "kopie robocze",
        "wersje robocze",
        "szkice",
        "koncepty",
        "rozepsané",
        "piszkozatok",
        "черновики",
        "чернетки",
        "taslaklar",
        "ciorne",
        "下書き",
        "草稿",
        "草稿箱",
        "草稿匣",
        "임시 보관함",
        "임시보관함",
    ]) {
        return Some(MailboxRole::Drafts);
    }
    if is(&[
        "trash",
        "bin",
        "deleted",
        "deleted items",
        "deleted messages",
        "papierkorb",
        "gelöscht",
        "gelöschte elemente",
        "gelöschte objekte",
        "corbeille",
        "éléments supprimés",
        "messages supprimés",
        "papelera",
        "elementos eliminados",
        "lixeira",
        "itens excluídos",
        "itens eliminados",
        "cestino",
        "posta eliminata",
        "elementi eliminati",
        "prullenbak",
        "verwijderde items",
        "papperskorgen",
        "borttagna objekt",
        "papirkurv",
        "papirkurven",
        "slettede elementer",
        "slettet post",
        "roskakori",
        "poistetut",
        "kosz",
        "elementy usunięte",
        "koš",
        "odstraněná pošta",
        "kôš",
        "kuka",
        "törölt elemek",
        "корзина",
        "удаленные",
        "удалённые",
        "кошик",
        "çöp kutusu",
        "silinmiş öğeler",
        "coș de gunoi",
        "ごみ箱",
        "ゴミ箱",
        "削除済みアイテム",
        "已删除",
        "已删除邮件",
        "垃圾桶",
        "휴지통",
        "지운 편지함",
    ]) {
        return Some(MailboxRole::Trash);
    }
    if is(&[
        "junk",
        "junk email",
        "junk e mail",
        "junk mail",
        "spam",
        "bulk",
        "bulk mail",
        "spamverdacht",
        "junk e mail ordner",
        "werbung",
        "unerwünscht",
        "indésirables",
        "courrier indésirable",
        "pourriel",
        "correo no deseado",
        "lixo eletrônico",
        "lixo eletrónico",
        "posta indesiderata",
        "ongewenste e mail",
        "ongewenst",
        "skräppost",
        "søppelpost",
        "uønsket post",
        "uønsket e mail",
        "roskaposti",
        "wiadomości śmieci",
        "nevyžádaná pošta",
        "levélszemét",
        "спам",
        "нежелательная почта",
        "önemsiz",
        "gereksiz e posta",
        "迷惑メール",
        "垃圾邮件",
        "垃圾郵件",
        "스팸",
        "스팸메일함",
    ]) {
        return Some(MailboxRole::Junk);
    }
    if is(&[
        "archive",
        "archives",
        "archived",
        "archiv",
        "archivo",
        "archivados",
        "arquivo",
        "arquivos",
        "archivio",
        "archief",
        "arkiv",
        "arkisto",
        "archiwum",
        "archív",
        "archívum",
        "архив",
        "архів",
        "arşiv",
        "arhivă",
        "アーカイブ",
        "归档",
        "存档",
        "封存",
        "보관함",
    ]) {
        return Some(MailboxRole::Archive);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_several_languages() {
        for (name, delimiter, role) in [
            ("INBOX", '/', Some(MailboxRole::Inbox)),
            ("inbox", '.', Some(MailboxRole::Inbox)),
            ("INBOX.Sent", '.', Some(MailboxRole::Sent)),
            ("Gesendete Elemente", '/', Some(MailboxRole::Sent)),
            ("Entwürfe", '/', Some(MailboxRole::Drafts)),
            ("Deleted Items", '/', Some(MailboxRole::Trash)),
            ("Junk-E-Mail", '/', Some(MailboxRole::Junk)),
            ("送信済みメール", '/', Some(MailboxRole::Sent)),
            ("Корзина", '/', Some(MailboxRole::Trash)),
            ("Archive", '/', Some(MailboxRole::Archive)),
            ("Acme/Sent", '/', None),
            ("INBOX/Acme/Sent", '/', None),
            ("Sentiments", '/', None),
            ("Work/inbox", '/', None),
        ] {
            assert_eq!(from_name(name, Some(delimiter)), role, "{name}");
        }
    }

    #[test]
    fn the_server_knows_best() {
        assert_eq!(from_attributes(&["\\HasNoChildren".into(), "\\Junk".into()]), Some(MailboxRole::Junk));
        assert_eq!(from_attributes(&["\\HasNoChildren".into()]), None);
    }
}
