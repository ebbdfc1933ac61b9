// What people wrote: plain text with quotes, and the light HTML of ordinary mail programs.
interface Letter {
  text: string;
  quoted?: string;
  html?: (me: string) => string;
}

export const REPLY_TEXTS = [
  'Thank you, that is exactly what I needed.\n\nI will fold it into the next version tonight.',
  'Works for me. I will tell the others today.',
  'Could we move it by an hour? I am on the early train and the tunnel eats the connection.',
  'Agreed, with one small change: let us not promise the date in the title. The rest can stay as it is.',
  'Here is the list from this morning:\n\n- the index, which is most of it\n- two slow queries nobody owns\n- the backup window, https://wiki.northwind.example/runbooks/backup\n\nI would start at the top.',
];

const gmailQuote = (who: string, when: string, text: string) =>
  `<br><div class="gmail_quote"><div class="gmail_attr">On ${when}, ${who} wrote:<br></div><blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">${text}</blockquote></div>`;

export const LETTERS: Record<string, Letter | undefined> = {
  'Launch plan for the spring release': {
    text: 'I moved the freeze to Thursday so that Tomás can land the migration first. Could you look at the second page before noon?',
    html: (me) => `<div>Hi ${me.split(' ')[0] ?? me},</div><p>I moved the freeze to <b>Thursday</b> so that Tomás can land the migration first. Could you look at the second page before noon? Three things changed since Monday:</p>
<ol><li>The announcement goes out <i>after</i> the rollout reaches half of the accounts, not before.</li><li>Support gets the draft answers a day earlier. Priya has them.</li><li>We keep the old importer for one more release, behind the flag.</li></ol>
<p>The open question is the pricing page. I would rather ship without the comparison table than with one we have to explain. The plan is attached, and the live version is in <a href="https://docs.northwind.example/launch/spring">the launch folder</a>.</p><p>Ingrid</p>`
      + gmailQuote('Tomás Herrera', 'Wed, 18 Mar, 16:02', '<p>Numbers look fine. I need one more evening for the index, then we can freeze whenever you like.</p><p>T.</p>'),
  },
  'Dinner on Saturday?': {
    text: 'We found the place with the lemon trees again. Seven o’clock, and bring nothing but yourself. Oh, and the book you promised me in January, if you have finished arguing with it.\n\nYusuf is coming too, Noor probably. If you take the 17:40 you can walk up through the gardens with us, we meet at the lower gate: https://maps.example/garden-gate\n\nTell me if Saturday is impossible and I will be gracious about it for at least a minute.\n\nAmara',
    quoted: 'On Monday you wrote:\n> I owe you a dinner. And a book.\n>\n>> Two dinners, actually. I keep a list.\n> Then let me start with the first one.',
  },
  'Re: Façade drawings, revision C': {
    text: 'Liebe Mara,\n\nanbei die überarbeiteten Ansichten. The east side still needs your call on the window grid; everything else is ready to go to the city on Monday.\n\nKurz die Punkte:\n\n  1. Ostansicht: Raster 1,25 m oder 1,40 m? Beides gezeichnet, Blatt 4.\n  2. Der Sockel ist jetzt durchgehend Naturstein.\n  3. Die Dachkante liegt 12 cm tiefer als in Revision B.\n\nRufen Sie mich gern an, ich bin bis sechs im Büro.\n\nHerzliche Grüße\nJonas Weber\n\nHalde Architekten\n+49 30 5550142\nwww.halde-architekten.example',
    quoted: 'Am 17.03. um 09:12 schrieb Mara Lindqvist:\n> Could you show both grids on one sheet? Then we can decide\n> in the meeting instead of by mail.',
  },
  'Migration dry run: numbers inside': {
    text: '41 minutes end to end, 12 of them the index. I think we can halve that by sorting first.',
    html: () => `<p>41 minutes end to end, 12 of them the index. I think we can halve that by sorting first. Details and the two surprises below.</p>
<table cellpadding="6" cellspacing="0"><thead><tr><th align="left">Step</th><th align="right">Time</th><th align="right">Rows</th></tr></thead><tbody><tr><td>Copy</td><td align="right">22 min</td><td align="right">18.4 M</td></tr><tr><td>Index</td><td align="right">12 min</td><td align="right">18.4 M</td></tr><tr><td>Verify</td><td align="right">7 min</td><td align="right">18.4 M</td></tr></tbody></table>
<p><b>Surprise one:</b> nine thousand accounts have no time zone. They were created in one week in 2019.</p><p><b>Surprise two:</b> the checksum job reads the whole table twice. <code>verify --once</code> fixes it:</p><pre>atlas migrate --from 41 --to 42 \\
  --sort-first --verify --once</pre><p>Tomás</p>` + gmailQuote('Ingrid Solheim', 'Tue, 17 Mar, 11:20', '<p>What is the honest number, and what is the hopeful one?</p>'),
  },
  'Lease agreement: one clause left': {
    text: 'They accepted everything but 7.3. I suggest we offer six months’ notice and ask for the storage room in return. Your thoughts before I answer?\n\nThe wording I have in mind:\n\n“Either party may end this agreement with six months’ notice to the end of a quarter. The tenant may use storage room K2 without further payment.”\n\nIf you agree, a single “yes” is enough and I will send it this afternoon.\n\nRuth Abelson\nAbelson Law · ruth@abelson-law.example',
    quoted: 'On 12 March, Mara Lindqvist wrote:\n> I can live with everything except being bound for five years.\n> What would you offer them?',
  },
  'Photos from the boat': {
    text: 'The one with the dog is for your wall. I scanned the old ones from ’84 too, your mother says you will laugh.\n\nThe engine is fine again. It was the filter, as you said, and I will deny that you said it.\n\nPappa',
  },
};
