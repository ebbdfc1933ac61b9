// The editor itself: ProseMirror with the few things a mail needs. No style sheet of its own, no picture in the text, no key that
// belongs to the composer.
import { Editor } from '@tiptap/core';
import StarterKit from '@tiptap/starter-kit';
import { Placeholder } from '@tiptap/extensions';
import { cleanPaste } from './paste';

export interface EditorOptions {
  element: HTMLElement;
  html: string;
  label: string;
  placeholder: string;
  onchange: (html: string, text: string) => void;
  onstate: () => void;
  onfiles: (files: File[]) => void;
  onlink: () => void;
}

/** An empty paragraph is no text. */
const EMPTY = /^(?:<p>(?:<br[^>]*>)?<\/p>)*$/;

const isMod = (e: KeyboardEvent) => e.ctrlKey || e.metaKey;

function filesOf(data: DataTransfer | null): File[] {
  return data ? [...data.files] : [];
}

export function createEditor(o: EditorOptions): Editor {
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
        if (event.isComposing || event.keyCode === 229 || !isMod(event)) return false;
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
    onTransaction: o.onstate,
  });
}

/** Link targets a person may type: `northwind.example`, `ada@x.example`, or a whole address. None when it is nothing of these. */
export function linkTarget(text: string): string | null {
  const address = text.trim();
  if (/^(?:https?:\/\/|mailto:)\S+$/i.test(address)) return address;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(address)) return `mailto:${address}`;
  if (/^[^\s:/@]+\.[^\s:@]+$/.test(address)) return `https://${address}`;
  return null;
}
