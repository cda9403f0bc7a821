/** Identifiers of the files of a virtual document; EF.SOD and EF.CardSecurity share one. ICAO Doc 9303-10 §3.11 and §4.6. */
export const EF_COM = 0x011e;
export const EF_SOD = 0x011d;
export const EF_CARD_ACCESS = 0x011c;
export const EF_CARD_SECURITY = 0x011d;
export const EF_DIR = 0x2f00;
export const EF_ATR_INFO = 0x2f01;
