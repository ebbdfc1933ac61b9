// The browser reports every event handler it meets under our policy, even while parsing a document that can never run one. Handlers
// and <base> therefore lose their names before the first parse, so that a report of the policy always means something. <frameset>
// goes with them: it would take the place of the body and leave nothing to clean. This is no cleaning: what this misses is taken out
// by the cleaner, and stopped by the frame.

const TAG = /<[a-z!/?][^>]*>?/gi;
const HANDLER = /([\s"'/`<])on(?=[a-z]{2,}\s*=)/gi;

export function defuse(html: string): string {
  return html.replace(TAG, (tag) => tag.replace(HANDLER, '$1data-off-').replace(/^<(\/?)(base|frameset)\b/i, '<$1x-$2'));
}
