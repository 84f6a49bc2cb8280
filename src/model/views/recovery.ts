/** What a page sees of the people and devices that help somebody back into an account. */

export interface TrusteeView {
  kind: 'user' | 'device';
  id: string;
  name: string;
  /** False for a user who was disabled, or a device that was removed: it helps no more. */
  present: boolean;
}

export interface TrusteesView {
  /** So many of them are enough. */
  needed: number;
  /** Hours between the first sight of a request and the first help. */
  waitHours: number;
  madeAt: string;
  trustees: TrusteeView[];
}

/** A request to be helped back into an account, as its owner and trustees see it. */
export interface RecoveryRequestView {
  id: string;
  username: string;
  /** Four words, the same for whoever asked and whoever helps. */
  checkWords: string;
  /** Name of the device where somebody asked. */
  device: string;
  createdAt: string;
  /** When the one who reads this may help; null where help is not theirs to give. */
  helpFrom: string | null;
  /** True if they did. */
  helped: boolean;
  given: number;
  needed: number;
  stopped: boolean;
}

export interface RecoveryRequestsView {
  /** To be let into the account of the one who reads this. */
  own: RecoveryRequestView[];
  /** Of others who named them. */
  others: RecoveryRequestView[];
}

/** What somebody with the words of a request learns about it. */
export interface RecoveryStateView {
  checkWords: string;
  given: number;
  /** Known from the first help on. */
  needed: number | null;
  stopped: boolean;
}
