/**
 * Binary heap of timed actions, earliest first and first come first served among equals; shared by both
 * timelines. Cancelled events stay in the heap without their action until their turn comes.
 */
interface TimedEvent {
  timeUs: number;
  readonly order: number;
  readonly owner: EventOwner | undefined;
  action: (() => void) | undefined;
}

/** Whoever has a chain of events: what follows from an event that is his, at the time it happens, is his too. */
export interface EventOwner {
  owns(event: PendingEvent): boolean;
}

/** An event that has not happened yet, as others may see it. */
export type PendingEvent = Readonly<Omit<TimedEvent, "action">>;

export class EventHeap {
  readonly #heap: TimedEvent[] = [];
  #order = 0;

  /** The order number that the next event will get: later events have higher ones. */
  get nextOrder(): number {
    return this.#order;
  }

  /** Adds an action, under the name of its owner if it has one; the returned function takes it back. */
  push(timeUs: number, action: () => void, owner?: EventOwner): () => void {
    const event: TimedEvent = { timeUs, order: this.#order, owner, action };
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
  pop(): (PendingEvent & { readonly action: () => void }) | undefined {
    if (this.nextTimeUs() === undefined) return undefined;
    const top = this.#removeTop();
    return top?.action === undefined ? undefined : { ...top, action: top.action };
  }

  /** All events that were not cancelled, in no order. */
  pending(): readonly PendingEvent[] {
    return this.#heap.filter(({ action }) => action !== undefined);
  }

  /** Delays each event by what `delayUs` says; among equals the order of asking stays. */
  postpone(delayUs: (event: PendingEvent) => number): void {
    const events = this.#heap.splice(0);
    for (const event of events) {
      event.timeUs += delayUs(event);
      this.#heap.push(event);
      this.#rise(this.#heap.length - 1);
    }
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
