/** Status words that the product acts upon (ISO/IEC 7816-4 §5.6). */

/** Normal processing. */
export const SW_OK = 0x9000;
/** End of file reached before Le bytes; the answer carries the data there was. */
export const SW_END_OF_FILE = 0x6282;
/** SW1 of "SW2 more bytes wait for GET RESPONSE" (00 = 256 or more). */
export const SW1_MORE_DATA = 0x61;
/** SW1 of "wrong Le, the right one is SW2" (00 = 256). */
export const SW1_WRONG_LE = 0x6c;
