/**
 * Binary heap of timed actions, earliest first and first come first served among equals; shared by both
 * timelines. Cancelled events stay in the heap without their action until their turn comes.
 */
interface TimedEvent {
  readonly timeUs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

export class EventHeap {
  readonly #heap: TimedEvent[] = [];
  #order = 0;

  /** Adds an action; the returned function takes it back. */
  push(timeUs: number, action: () => void): () => void {
    const event: TimedEvent = { timeUs, order: this.#order, action };
    this.#order += 1;
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return () => {
      event.action = undefined;
    };
  }

  /** Time of the earliest event that was not cancelled. */
  nextTimeUs(): number | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.action !== undefined) return top.timeUs;
      this.#removeTop();
    }
    return undefined;
  }

  /** Takes the earliest event that was not cancelled. */
  pop(): { readonly timeUs: number; readonly action: () => void } | undefined {
    if (this.nextTimeUs() === undefined) return undefined;
    const top = this.#removeTop();
    return top?.action === undefined ? undefined : { timeUs: top.timeUs, action: top.action };
  }

  #removeTop(): TimedEvent | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return top;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = index * 2 + 1;
      const child = this.#earlier(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #earlier(index: number, than: number): boolean {
    const one = this.#heap[index];
    const other = this.#heap[than];
    if (one === undefined || other === undefined) return false;
    return one.timeUs < other.timeUs || (one.timeUs === other.timeUs && one.order < other.order);
  }

  #swapIfEarlier(index: number, than: number): boolean {
    if (!this.#earlier(index, than)) return false;
    const one = this.#heap[index];
    const other = this.#heap[than];
    if (one === undefined || other === undefined) return false;
    this.#heap[index] = other;
    this.#heap[than] = one;
    return true;
  }
}
