/**
 * What is remarkable about a holder's data, in words that tell nothing of the data: a closed set, so that it can be
 * logged and counted. Governing text: identity claims sheet, 1.
 */
export type HolderNote =
  /** One name only; it stands as the family name. */
  | "names.single_identifier"
  /** Names are of the machine readable zone: capitals without accents. */
  | "names.from_mrz"
  /** Names are of DG11, because those of the zone may be cut. */
  | "names.mrz_truncated"
  /** The two digits of the zone would have said another century. */
  | "birthdate.century_from_dg11"
  /** DG11 and the zone contradict each other, or today; neither is believed. */
  | "birthdate.conflict"
  | "birthdate.partial"
  /** Digits of the fiscal code are letters, because two people had the same code. */
  | "fiscal_number.omocodia"
  | "fiscal_number.bad_shape"
  | "fiscal_number.bad_check"
  /** Birth date or sex in the fiscal code are not those of the document. */
  | "fiscal_number.mismatch"
  | "document.expired"
  | "holder.minor"
  /** A field was signed and could not be read; the others stand. */
  | "field.undecodable";
