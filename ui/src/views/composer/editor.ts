// The editor itself: ProseMirror with the few things a mail needs. No style sheet of its own, no picture in the text, no key that
// belongs to the composer.
import { Editor, getHTMLFromFragment } from '@tiptap/core';
import StarterKit from '@tiptap/starter-kit';
import { closeHistory } from '@tiptap/pm/history';
import { Placeholder } from '@tiptap/extensions';
import { cleanPaste } from './paste';
import { asked, firstBlank, inLine } from './snippet';

export interface EditorOptions {
  element: HTMLElement;
  html: string;
  label: string;
  placeholder: string;
  onchange: (html: string, text: string) => void;
  onstate: () => void;
  onfiles: (files: File[]) => void;
  onlink: () => void;
  /** `;` and a word stand before the caret, where a text may be put in; null: no longer. */
  onsnippet?: (found: Asked | null) => void;
  /** First to see a key; true: it is used up. */
  onkey?: (event: KeyboardEvent) => boolean;
}

export interface Asked {
  query: string;
  /** Of `;` and the word, in the document. */
  from: number;
  to: number;
  at: { left: number; top: number; bottom: number };
}

/** An empty paragraph is no text. */
const EMPTY = /^(?:<p>(?:<br[^>]*>)?<\/p>)*$/;

const isMod = (e: KeyboardEvent) => e.ctrlKey || e.metaKey;

function filesOf(data: DataTransfer | null): File[] {
  return data ? [...data.files] : [];
}

export function createEditor(o: EditorOptions): Editor {
  let asking = false;
  const tell = (found: Asked | null): void => {
    asking = found !== null;
    o.onsnippet?.(found);
  };
  return new Editor({
    element: o.element,
    content: o.html,
    injectCSS: false,
    extensions: [
      StarterKit.configure({
        heading: { levels: [2, 3] },
        horizontalRule: false,
        trailingNode: false,
        link: { openOnClick: false, autolink: true, linkOnPaste: true, defaultProtocol: 'https', protocols: ['http', 'https', 'mailto'], HTMLAttributes: { target: null, rel: null } },
      }),
      Placeholder.configure({ placeholder: o.placeholder }),
    ],
    editorProps: {
      attributes: { 'aria-label': o.label, role: 'textbox', 'aria-multiline': 'true', class: 'prose', dir: 'auto' },
      transformPastedHTML: cleanPaste,
      handlePaste: (_view, event) => {
        const files = filesOf(event.clipboardData);
        // Office programs put a picture of the text beside the text: the text is what was meant.
        if (files.length === 0 || event.clipboardData?.types.includes('text/html')) return false;
        o.onfiles(files);
        return true;
      },
      handleDrop: (_view, event) => {
        const files = filesOf(event.dataTransfer);
        if (files.length === 0) return false;
        event.preventDefault();
        event.stopPropagation();
        o.onfiles(files);
        return true;
      },
      handleKeyDown: (view, event) => {
        if (event.isComposing || event.keyCode === 229) return false;
        if (o.onkey?.(event) === true) {
          event.preventDefault();
          event.stopPropagation();
          return true;
        }
        if (!isMod(event)) return false;
        if (event.key.toLowerCase() === 'k' && !view.state.selection.empty) {
          event.preventDefault();
          event.stopPropagation();
          o.onlink();
          return true;
        }
        return false;
      },
    },
    onUpdate: ({ editor }) => {
      const html = editor.getHTML();
      o.onchange(EMPTY.test(html) ? '' : html, editor.getText({ blockSeparator: '\n' }));
    },
    onTransaction: ({ editor, transaction }) => {
      o.onstate();
      if (o.onsnippet && (transaction.docChanged || transaction.selectionSet)) tell(askedIn(editor, transaction.docChanged || asking));
    },
    onBlur: () => tell(null),
  });
}

/** Only typing asks: a caret that comes by an old `;` does not. */
function askedIn(editor: Editor, typed: boolean): Asked | null {
  const { selection } = editor.state;
  const before = selection.empty && !editor.isActive('code') && !editor.isActive('codeBlock') ? selection.$from.parent.textBetween(Math.max(0, selection.$from.parentOffset - 40), selection.$from.parentOffset, '\n', '\ufffc') : '';
  const found = asked(before);
  if (!found || !typed || editor.view.composing) return null;
  const from = selection.from - found.length;
  const { left, top, bottom } = editor.view.coordsAtPos(from);
  return { query: found.query, from, to: selection.from, at: { left, top, bottom } };
}

/** Puts a text in the place of a range, or of what is selected, and selects its first blank. One step of undo. */
export function insertText(editor: Editor, html: string, range: { from: number; to: number } = editor.state.selection): void {
  const size = editor.state.doc.content.size;
  const { parent } = editor.state.doc.resolve(range.from);
  // Only the asking words are in the paragraph: whole paragraphs take its place.
  const alone = parent.isTextblock && parent.content.size === range.to - range.from && inLine(html) === html;
  const place = alone ? { from: range.from - 1, to: range.to + 1 } : { from: range.from, to: range.to };
  // Its own step of undo, however fast it followed the typing.
  editor.view.dispatch(closeHistory(editor.state.tr));
  editor.chain().focus().insertContentAt(place, inLine(html), { parseOptions: { preserveWhitespace: false } }).run();
  selectBlank(editor, range.from, range.to + editor.state.doc.content.size - size);
}

/** Everything, without a word to `onchange`: it came from there. */
export function replaceAll(editor: Editor, html: string): void {
  editor.view.dispatch(closeHistory(editor.state.tr));
  editor.commands.setContent(html, { emitUpdate: false });
}

/** The next blank of the document, ready to be typed over. False: there is none. */
export function selectBlank(editor: Editor, from = 0, to = editor.state.doc.content.size): boolean {
  let found: { from: number; to: number } | null = null;
  editor.state.doc.nodesBetween(Math.max(0, from - 1), Math.min(to + 1, editor.state.doc.content.size), (node, pos) => {
    if (found || !node.isTextblock) return found === null;
    const blank = firstBlank(node.textBetween(0, node.content.size, '\n', '\ufffc'));
    if (blank) found = { from: pos + 1 + blank.from, to: pos + 1 + blank.to };
    return false;
  });
  if (found) {
    // At once, and not in the next frame: the next key is meant for the text.
    editor.view.focus();
    editor.chain().setTextSelection(found).scrollIntoView().run();
  }
  return found !== null;
}

/** What is selected, as HTML; with nothing selected everything. */
export function chosenHtml(editor: Editor): string {
  const { selection, schema } = editor.state;
  if (selection.empty) return EMPTY.test(editor.getHTML()) ? '' : editor.getHTML();
  const html = getHTMLFromFragment(selection.content().content, schema);
  return /^<(?:p|ul|ol|h\d|blockquote|pre)[\s>]/.test(html) ? html : `<p>${html}</p>`;
}

/** Link targets a person may type: `northwind.example`, `ada@x.example`, or a whole address. None when it is nothing of these. */
export function linkTarget(text: string): string | null {
  const address = text.trim();
  if (/^(?:https?:\/\/|mailto:)\S+$/i.test(address)) return address;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(address)) return `mailto:${address}`;
  if (/^[^\s:/@]+\.[^\s:@]+$/.test(address)) return `https://${address}`;
  return null;
}
