// How much fits: the reader beside the list, or one of them; the rail with words, or icons.
class Layout {
  /** List and reader side by side. */
  split = $state(true);
  /** The rail fits with its words. */
  roomy = $state(true);
  /** CSS pixels of one rem: people scale their text. */
  rem = $state(16);
  /** CSS pixels of the window. */
  width = $state(1280);
  /** The pane beside the conversation is open. */
  context = $state(false);

  start(): () => void {
    const stops = ([['(min-width: 1120px)', (on: boolean) => { this.split = on; this.roomy = on; }]] as const).map(([query, set]) => {
      const media = matchMedia(query);
      const read = () => set(media.matches);
      read();
      media.addEventListener('change', read);
      return () => media.removeEventListener('change', read);
    });
    const measure = () => {
      this.width = window.innerWidth;
      this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    };
    measure();
    window.addEventListener('resize', measure);
    return () => {
      for (const stop of stops) stop();
      window.removeEventListener('resize', measure);
    };
  }
}
export const layout = new Layout();

export const ROW = { compact: 32, default: 40, relaxed: 60 } as const;
export type Density = keyof typeof ROW;
export const density = (name: string): Density => (name === 'compact' || name === 'relaxed' ? name : 'default');
