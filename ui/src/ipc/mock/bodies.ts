import type { BodyDto, BodyReq, SourceDto } from '../bindings';
import type { MailStore } from './store';

export function body(store: MailStore, req: BodyReq): BodyDto {
  const t = store.template(Math.floor(req.id / 100));
  return {
    id: req.id, html: null, text: `${t.snippet}.`, quoted: '', blockedImages: 0, imagesShown: req.images, trackers: [], warnings: [],
    hadForm: false, ownBackground: false, crypto: null, truncated: false,
  };
}

export function source(_store: MailStore, id: number): SourceDto {
  return { headers: `Message-ID: <${String(id)}@example>`, raw: '', truncated: false };
}
