import type { Id } from '../../ipc/bindings';

class Composer {
  compose(_account: Id | null = null): void {}
  reply(_kind: 'reply' | 'replyAll' | 'forward', _message: Id): void {}
  resume(_draft: Id): void {}
}
export const composer = new Composer();
