// Where a panel goes: beside its event where there is room, else under or over it, and always wholly in the window.
const GAP = 8;

/** `day` stands in for an event that is folded away. CSS pixels; null: neither is on screen. */
export function anchored(key: string, day: string, width: number, height: number): { x: number; y: number } {
  const all = [...document.querySelectorAll(`[data-event="${CSS.escape(key)}"]`), ...document.querySelectorAll(`[data-day="${CSS.escape(day)}"]`)];
  const seen = all.map((el) => el.getBoundingClientRect()).find((r) => r.width > 0 && r.bottom > 0 && r.top < innerHeight);
  const r = seen ?? new DOMRect(innerWidth / 2, innerHeight / 3, 0, 0);
  const inside = (v: number, size: number, room: number): number => Math.max(GAP, Math.min(v, room - size - GAP));
  if (r.right + GAP + width <= innerWidth - GAP) return { x: r.right + GAP, y: inside(r.top - 12, height, innerHeight) };
  if (r.left - GAP - width >= GAP) return { x: r.left - GAP - width, y: inside(r.top - 12, height, innerHeight) };
  const below = r.bottom + GAP + height <= innerHeight - GAP;
  return { x: inside(r.left + Math.min(48, r.width / 2), width, innerWidth), y: inside(below ? r.bottom + GAP : r.top - GAP - height, height, innerHeight) };
}
