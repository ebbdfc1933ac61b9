// Names and subjects for the fixtures: believable, invented, and only at reserved domains.
import type { AddressDto } from '../bindings';

export const p = (name: string, email: string): AddressDto => ({ name, email });

export const ACCOUNTS = [
  { id: 1, connection: 'c-work', integration: 'google', email: 'mara.lindqvist@northwind.example', name: 'Mara Lindqvist', label: 'Northwind' },
  { id: 2, connection: 'c-home', integration: 'imap', email: 'mara@lindqvist.example', name: 'Mara Lindqvist', label: 'Personal' },
] as const;
export const ME = ACCOUNTS.map((a) => p(a.name, a.email));

export interface Template {
  from: AddressDto[];
  subject: string;
  snippet: string;
  /** Which body helper draws it. */
  kind: 'person' | 'newsletter' | 'receipt' | 'invite' | 'phish' | 'notice' | 'foreign';
  account: 1 | 2;
  labels?: string[];
  attachments?: [name: string, mime: string, size: number, risk?: string][];
  count?: number;
}

const ingrid = p('Ingrid Solheim', 'ingrid.solheim@northwind.example');
const tomas = p('Tomás Herrera', 'tomas.herrera@northwind.example');
const priya = p('Priya Raman', 'priya.raman@northwind.example');
const jonas = p('Jonas Weber', 'j.weber@halde-architekten.example');
const amara = p('Amara Okafor', 'amara@okafor.example');
const lena = p('Léna Moreau', 'lena.moreau@atelier-moreau.example');
const kenji = p('田中 健二', 'kenji.tanaka@hoshino.example');
const ruth = p('Ruth Abelson', 'ruth@abelson-law.example');
const dad = p('Per Lindqvist', 'per@lindqvist.example');
const sofia = p('Sofia Marchetti', 'sofia@marchetti.example');

export const TEMPLATES: Template[] = [
  { from: [ingrid, tomas, p('Mara Lindqvist', ME[0]!.email)], subject: 'Launch plan for the spring release', snippet: 'I moved the freeze to Thursday so that Tomás can land the migration first. Could you look at the second page before', kind: 'person', account: 1, labels: ['Launch'], count: 5, attachments: [['spring-release.pdf', 'application/pdf', 482_133]] },
  { from: [amara], subject: 'Dinner on Saturday?', snippet: 'We found the place with the lemon trees again. Seven o’clock, and bring nothing but yourself. Oh, and the book you promised', kind: 'person', account: 2 },
  { from: [p('Harbour Bank', 'service@harbour-bank.example')], subject: 'Unusual sign-in: confirm your account today', snippet: 'We noticed a sign-in from a new device. Your access will be limited unless you confirm your details within 24 hours', kind: 'phish', account: 2 },
  { from: [jonas], subject: 'Re: Façade drawings, revision C', snippet: 'Anbei die überarbeiteten Ansichten. The east side still needs your call on the window grid; everything else is ready to go to', kind: 'foreign', account: 1, labels: ['Clients'], count: 3, attachments: [['ansicht-ost-c.dwg', 'image/vnd.dwg', 2_310_000], ['notes.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 88_410]] },
  { from: [p('Tideline Weekly', 'hello@tideline.example')], subject: 'The quiet return of the night train', snippet: 'Plus: what a lighthouse keeper reads, a bread that takes four days, and the map everyone is printing out', kind: 'newsletter', account: 2, labels: ['Newsletters'] },
  { from: [priya], subject: 'Interview loop for the data role', snippet: 'Three strong people this week. I blocked Tuesday 14:00 for the debrief, shout if that collides with the board prep', kind: 'person', account: 1, labels: ['Hiring'], count: 2 },
  { from: [p('Rail Nord', 'tickets@rail-nord.example')], subject: 'Your ticket Oslo S → Bergen, 08:25', snippet: 'Coach 4, seat 31, window. Show the code in this mail or add it to your wallet. Changes are free until the evening before', kind: 'receipt', account: 2, attachments: [['ticket-7QK2M.pdf', 'application/pdf', 61_220]] },
  { from: [tomas], subject: 'Migration dry run: numbers inside', snippet: '41 minutes end to end, 12 of them the index. I think we can halve that by sorting first. Details and the two surprises below', kind: 'person', account: 1, labels: ['Launch'], count: 4 },
  { from: [ingrid], subject: 'Invitation: Design review, Thursday 10:30', snippet: 'Room Fjord and by video. Agenda: empty states, the new composer, and whether we keep the second toolbar', kind: 'invite', account: 1, attachments: [['invite.ics', 'text/calendar', 2_104]] },
  { from: [ruth], subject: 'Lease agreement: one clause left', snippet: 'They accepted everything but 7.3. I suggest we offer six months’ notice and ask for the storage room in return. Your thoughts', kind: 'person', account: 2, count: 6, attachments: [['lease-draft-4.pdf', 'application/pdf', 1_204_551]] },
  { from: [p('Linnet', 'notifications@linnet.example')], subject: '[northwind/atlas] Fix the week start in the picker (#2318)', snippet: 'Checks passed. Priya approved these changes and left two comments on picker.ts', kind: 'notice', account: 1, labels: ['Code'], count: 7 },
  { from: [dad], subject: 'Photos from the boat', snippet: 'The one with the dog is for your wall. I scanned the old ones from ’84 too, your mother says you will laugh', kind: 'person', account: 2, attachments: [['boat-01.jpg', 'image/jpeg', 3_842_110], ['boat-02.jpg', 'image/jpeg', 4_112_804], ['1984.zip', 'application/zip', 18_220_481, 'archive']] },
  { from: [lena], subject: 'Devis révisé — atelier du quai', snippet: 'Bonjour Mara, vous trouverez le devis avec les deux options de bois. Le chêne arrive en avril, le frêne est déjà là', kind: 'foreign', account: 1, labels: ['Clients'], attachments: [['devis-0417.pdf', 'application/pdf', 210_330]] },
  { from: [p('Copperleaf Coffee', 'orders@copperleaf.example')], subject: 'Your order 20418 is on its way', snippet: 'Two bags of Gesha, ground for filter. Expected Wednesday before noon. Track the parcel or change the delivery day', kind: 'receipt', account: 2 },
  { from: [kenji], subject: '来週の打ち合わせについて', snippet: 'お世話になっております。来週火曜日の会議の件ですが、午後三時からでもよろしいでしょうか。資料は前日までに', kind: 'foreign', account: 1, labels: ['Clients'] },
  { from: [sofia, amara], subject: 'Choir: programme for the summer concert', snippet: 'The Monteverdi stays, the Britten goes, and we need three more altos by May. Sofia has the scores', kind: 'person', account: 2, count: 9 },
  { from: [p('Northwind People', 'people@northwind.example')], subject: 'Benefits window closes on Friday', snippet: 'Nothing to do if you keep your current plan. To change it, choose before Friday 17:00; it takes about four minutes', kind: 'notice', account: 1 },
  { from: [p('Almanac', 'digest@almanac.example')], subject: 'Your week: 6 hours of focus, 11 meetings', snippet: 'Wednesday was your calmest day. Two meetings had no agenda. Here is what moved', kind: 'newsletter', account: 1, labels: ['Newsletters'] },
  { from: [p('Dr. Anselm Voss', 'praxis@voss-zahn.example')], subject: 'Erinnerung: Termin am 14., 9:10 Uhr', snippet: 'Bitte bringen Sie Ihre Karte mit. Falls Sie den Termin nicht wahrnehmen können, antworten Sie einfach auf diese Nachricht', kind: 'foreign', account: 2 },
  { from: [priya, ingrid], subject: 'Offsite: three houses, one vote', snippet: 'The one by the lake has the kitchen, the one in the forest has the silence. Vote by tonight, I book tomorrow morning', kind: 'person', account: 1, count: 12 },
  { from: [p('Meridian Cloud', 'billing@meridian.example')], subject: 'Invoice MC-58821 for northwind-prod', snippet: 'Total 1,284.20 EUR, charged on the 3rd. Usage went up 4 % because of object storage; the breakdown is attached', kind: 'receipt', account: 1, attachments: [['MC-58821.pdf', 'application/pdf', 96_004]] },
  { from: [p('Elif Yıldız', 'elif.yildiz@papercrane.example')], subject: 'Type proofs for the annual report', snippet: 'Page 12 has a widow I cannot kill without touching your sentence. May I? The rest is ready for press', kind: 'person', account: 1, labels: ['Clients'], count: 4, attachments: [['proof-v6.pdf', 'application/pdf', 8_442_019]] },
  { from: [p('City Library', 'noreply@library.example')], subject: 'Two books are waiting for you', snippet: '“The Summer Book” and “Pilgrim at Tinker Creek” are on the shelf under LIN until the 22nd', kind: 'notice', account: 2 },
  { from: [p('Noor Haddad', 'noor@haddad.example')], subject: 'Re: Recommendation letter', snippet: 'You are a star. The committee meets on the 2nd, so anything before the end of the month is perfect', kind: 'person', account: 2, count: 3 },
  { from: [tomas, priya], subject: 'On-call handover, week 12', snippet: 'Quiet week: one page on Tuesday, a full disk on the staging runner. The flaky alert is finally gone. Handing over to Priya', kind: 'person', account: 1 },
  { from: [p('The Plain Reader', 'letters@plainreader.example')], subject: 'On finishing things', snippet: 'A letter about the last ten percent, why sheds are never done, and the small pleasure of a list that ends', kind: 'newsletter', account: 2, labels: ['Newsletters'] },
  { from: [p('Oluwaseun Adeyemi', 'seun@brightwater.example')], subject: 'Contract countersigned', snippet: 'All signed on our side. Ruth has the originals. Looking forward to the kick-off, and thank you for the patience', kind: 'person', account: 1, labels: ['Clients'], attachments: [['contract-signed.pdf', 'application/pdf', 744_120]] },
  { from: [p('Hanna Bergström', 'hanna@bergstrom.example')], subject: 'Keys for the cabin', snippet: 'Under the third stone, as always. The stove door sticks, lift a little while you pull. Have the best time', kind: 'person', account: 2, count: 2 },
  { from: [p('Parcelway', 'status@parcelway.example')], subject: 'Delivered: left with neighbour (no. 14)', snippet: 'Your parcel from Field & Loom was accepted by NILSEN at 11:42', kind: 'receipt', account: 2 },
  { from: [p('Security at Northwind', 'security@northwind.example')], subject: 'New passkey added to your account', snippet: 'A passkey named “ThinkPad” was added on Monday at 09:12. If that was not you, tell us at once', kind: 'notice', account: 1 },
  { from: [ingrid], subject: 'Board deck: slide 9', snippet: 'The curve is right, the headline is not. Could we say what we will do rather than what happened? Draft below', kind: 'person', account: 1, labels: ['Launch'], count: 8 },
  { from: [p('Marta Kowalczyk', 'marta@kowalczyk.example')], subject: 'Rowery w niedzielę?', snippet: 'Cześć! Pogoda ma być piękna. Start o dziewiątej spod mostu, pięćdziesiąt kilometrów i lody na końcu', kind: 'foreign', account: 2 },
  { from: [p('Grünwald Energie', 'service@gruenwald.example')], subject: 'Ihre Abrechnung ist da', snippet: 'Sie erhalten 84,12 € zurück. Der Betrag wird in den nächsten Tagen überwiesen, der neue Abschlag beträgt 61 €', kind: 'foreign', account: 2, attachments: [['abrechnung.pdf', 'application/pdf', 133_870]] },
  { from: [p('Devon Clarke', 'devon@fieldnotes.example')], subject: 'Interview transcript and two questions', snippet: 'Would you check the quote about the workshop? And may we use the photograph with the drawings on the floor', kind: 'person', account: 1, count: 2, attachments: [['transcript.docm', 'application/vnd.ms-word.document.macroEnabled.12', 58_022, 'macro']] },
  { from: [p('Atlas status', 'status@atlas.example')], subject: 'Resolved: delayed webhooks in eu-north', snippet: 'Deliveries caught up at 14:20 UTC. Nothing was lost; a full report follows within two days', kind: 'notice', account: 1, labels: ['Code'] },
  { from: [p('Yusuf Demir', 'yusuf.demir@northwind.example')], subject: 'Draft: how we write error messages', snippet: 'Say what happened, why, and what to do next. I collected the forty worst ones and rewrote them. Be merciless', kind: 'person', account: 1, count: 3 },
  { from: [p('Bergen Film Club', 'post@filmclub.example')], subject: 'Thursday: “Stalker”, 35 mm, with soup', snippet: 'Doors at six, film at seven, soup in the break. Bring a friend who has never seen it', kind: 'newsletter', account: 2, labels: ['Newsletters'] },
  { from: [p('Caroline Achterberg', 'c.achterberg@veldhuis.example')], subject: 'Re: Quote for the oak table', snippet: 'We can do 240 cm for the same price if you take the board with the dark knot. It is the beautiful one', kind: 'person', account: 2, count: 4 },
  { from: [p('Billing at Papercrane', 'billing@papercrane.example')], subject: 'Receipt for your payment of 49.00 EUR', snippet: 'Thank you. This covers the studio plan until the 18th of next month', kind: 'receipt', account: 1 },
  { from: [p('Mei-Ling Chao', 'meiling@chao.example')], subject: 'Reading group: chapters 4 to 7', snippet: 'Short notes attached. I disagree with nearly everything in chapter 6 and would love to be talked out of it', kind: 'person', account: 2, count: 5, attachments: [['notes-4-7.pdf', 'application/pdf', 77_419]] },
];
