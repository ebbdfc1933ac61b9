// Attachments: what providers take, and the words of a mail that promise a file which is not there.

/** What Gmail, Outlook and most servers accept, before the third that base64 adds. */
export const LIMIT_BYTES = 25_000_000;

export function total(files: readonly { size: number }[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

const PROMISE = /\b(?:attach(?:ed|ing|ment|ments)?|enclosed|enclosing|(?:see|find) (?:the )?(?:file|document|pdf)|im anhang|angehängt|anbei|beigefügt|ci-joint|pièce jointe|en pièce|adjunt[oa]s?|in allegato|allegat[oi]|bijlage|bijgevoegd|em anexo)\b|添付|附件/iu;

/** The person's own words only: a quoted mail that mentions an attachment promises nothing. */
export function promisesFile(text: string, subject: string): boolean {
  return PROMISE.test(text) || PROMISE.test(subject.replace(/^(?:(?:re|fwd?|aw|wg)\s*:\s*)+.*$/i, ''));
}

/** Standard base64, read off the main path in one go by the browser. */
export function readBase64(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.onload = () => {
      const url = typeof reader.result === 'string' ? reader.result : '';
      resolve(url.slice(url.indexOf(',') + 1));
    };
    reader.readAsDataURL(file);
  });
}

/** A pasted screenshot arrives as "image.png" each time; a number keeps two of them apart. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const ext = dot > 0 ? name.slice(dot) : '';
  for (let n = 2; ; n += 1) {
    const next = `${stem} ${n}${ext}`;
    if (!taken.includes(next)) return next;
  }
}
