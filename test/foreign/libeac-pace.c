/*
 * PACE and secure messaging as libeac (OpenPACE) understands them, for a test that holds its own end against it. One
 * request a line on standard input, one answer a line on standard output, bytes in hexadecimal; there are no APDUs
 * here. Either part is played:
 *
 *   begin card|terminal can|mrz SECRET EF.CARDACCESS
 *   card:      nonce -> z, map THEIRS -> ours, agree THEIRS -> ours, token THEIRS -> ours or "refused"
 *   terminal:  nonce Z -> "ok", map -> ours, agree MAPPING-KEY -> ours, token KEY -> ours, finish TOKEN -> "ok" or "refused"
 *   both, then: keys -> KS_enc KS_mac; step (the counter), seal PLAIN, open CRYPTOGRAM, code DATA
 *
 * "failed" says that libeac would not do it. "short" says that a number of Diffie-Hellman begins with a zero byte,
 * which libeac drops from secret and token although they have the length of p: such a run proves nothing, and is begun anew.
 * With the words `bench RUNS` it prints instead what the terminal's part costs the processor, as one line of JSON.
 * An MRZ is a whole zone of TD1. Governing text: BSI TR-03110-3 A.3, F.2; ICAO Doc 9303-11 section 4.4.
 */
#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LINE 4096
#define MAX_WORDS 5
#define MAX_RUNS 10000

static const char OK[] = "ok";
static const char REFUSED[] = "refused";
static const char SHORT[] = "short";
static const char FAILED[] = "failed";

static BUF_MEM *copy(const void *from, size_t length) {
  BUF_MEM *made = BUF_MEM_new();
  if (made == NULL || BUF_MEM_grow(made, length) != length) exit(EXIT_FAILURE);
  if (length > 0) memcpy(made->data, from, length);
  return made;
}

/* One end of one run. */
struct end {
  EAC_CTX *eac;
  PACE_SEC *password;
  /* The other side's public key of the second agreement, of which the card makes its token. */
  BUF_MEM *theirs;
  bool is_card;
  bool is_protected;
  /* The other end is libeac too, and drops the same bytes. */
  bool takes_short;
};

static void end_clear(struct end *end) {
  EAC_CTX_clear_free(end->eac);
  PACE_SEC_clear_free(end->password);
  BUF_MEM_clear_free(end->theirs);
  memset(end, 0, sizeof *end);
}

static bool end_begin(struct end *end, const char *secret, enum s_type type, const BUF_MEM *card_access) {
  end->eac = EAC_CTX_new();
  end->password = PACE_SEC_new(secret, strlen(secret), type);
  return end->eac != NULL && end->password != NULL &&
         EAC_CTX_init_ef_cardaccess((const unsigned char *)card_access->data, card_access->length, end->eac) &&
         end->eac->pace_ctx != NULL;
}

/* The length of p; zero over curves, whose points and coordinates libeac keeps at their length. */
static size_t integer_bytes(const struct end *end) {
  const EVP_PKEY *key = end->eac->pace_ctx->static_key;
  return EVP_PKEY_base_id(key) == EVP_PKEY_EC ? 0 : (size_t)EVP_PKEY_size(key);
}

/* The old one would be lost when an end runs again. */
static BUF_MEM *ephemeral_key(const struct end *end) {
  BUF_MEM_clear_free(end->eac->pace_ctx->my_eph_pubkey);
  end->eac->pace_ctx->my_eph_pubkey = NULL;
  return PACE_STEP3B_generate_ephemeral_key(end->eac);
}

static bool is_short(const struct end *end, const BUF_MEM *number) {
  size_t whole = end->takes_short ? 0 : integer_bytes(end);
  return whole != 0 && (number->length != whole || number->data[0] == 0);
}

/* Both public keys of the second agreement are there: the keys of the session, unless libeac would get them wrong. */
static const char *derive(struct end *end, const BUF_MEM *theirs) {
  if (is_short(end, theirs)) return SHORT;
  if (!PACE_STEP3B_compute_shared_secret(end->eac, theirs)) return FAILED;
  if (is_short(end, end->eac->pace_ctx->ka_ctx->shared_secret)) return SHORT;
  return PACE_STEP3C_derive_keys(end->eac) ? OK : FAILED;
}

/* What a request brings, and what becomes of it: bytes, or a word in their place. */
struct outcome {
  const char *word;
  BUF_MEM *bytes;
};

static struct outcome word(const char *text) { return (struct outcome){text, NULL}; }

static struct outcome bytes(BUF_MEM *made) { return (struct outcome){made == NULL ? FAILED : NULL, made}; }

/* A public key of ours, unless the other end would miss a byte of it. */
static struct outcome public_key(const struct end *end, BUF_MEM *ours) {
  if (ours == NULL || !is_short(end, ours)) return bytes(ours);
  BUF_MEM_clear_free(ours);
  return word(SHORT);
}

typedef struct outcome (*handler)(struct end *end, const BUF_MEM *in);

static struct outcome card_nonce(struct end *end, const BUF_MEM *in) {
  (void)in;
  return bytes(PACE_STEP1_enc_nonce(end->eac, end->password));
}

static struct outcome card_map(struct end *end, const BUF_MEM *in) {
  struct outcome ours = public_key(end, PACE_STEP3A_generate_mapping_data(end->eac));
  if (ours.bytes == NULL || PACE_STEP3A_map_generator(end->eac, in)) return ours;
  BUF_MEM_clear_free(ours.bytes);
  return word(FAILED);
}

static struct outcome card_agree(struct end *end, const BUF_MEM *in) {
  struct outcome ours = public_key(end, ephemeral_key(end));
  if (ours.bytes == NULL) return ours;
  BUF_MEM_clear_free(end->theirs);
  end->theirs = copy(in->data, in->length);
  const char *derived = derive(end, in);
  if (derived == OK) return ours;
  BUF_MEM_clear_free(ours.bytes);
  return word(derived);
}

static struct outcome card_token(struct end *end, const BUF_MEM *in) {
  int verdict = PACE_STEP3D_verify_authentication_token(end->eac, in);
  if (verdict != 1) return word(verdict == 0 ? REFUSED : FAILED);
  return bytes(PACE_STEP3D_compute_authentication_token(end->eac, end->theirs));
}

static struct outcome terminal_nonce(struct end *end, const BUF_MEM *in) {
  return word(PACE_STEP2_dec_nonce(end->eac, end->password, in) ? OK : FAILED);
}

static struct outcome terminal_map(struct end *end, const BUF_MEM *in) {
  (void)in;
  return public_key(end, PACE_STEP3A_generate_mapping_data(end->eac));
}

static struct outcome terminal_agree(struct end *end, const BUF_MEM *in) {
  if (!PACE_STEP3A_map_generator(end->eac, in)) return word(FAILED);
  return public_key(end, ephemeral_key(end));
}

static struct outcome terminal_token(struct end *end, const BUF_MEM *in) {
  const char *derived = derive(end, in);
  return derived == OK ? bytes(PACE_STEP3D_compute_authentication_token(end->eac, in)) : word(derived);
}

static struct outcome terminal_finish(struct end *end, const BUF_MEM *in) {
  int verdict = PACE_STEP3D_verify_authentication_token(end->eac, in);
  return word(verdict == 1 ? OK : verdict == 0 ? REFUSED : FAILED);
}

/* The counter goes up before each command and each answer; before the first it is zero. */
static struct outcome step(struct end *end, const BUF_MEM *in) {
  (void)in;
  if (!end->is_protected && !EAC_CTX_set_encryption_ctx(end->eac, EAC_ID_PACE)) return word(FAILED);
  end->is_protected = true;
  return word(EAC_increment_ssc(end->eac) ? OK : FAILED);
}

static struct outcome seal(struct end *end, const BUF_MEM *in) {
  BUF_MEM *padded = EAC_add_iso_pad(end->eac, in);
  BUF_MEM *sealed = padded == NULL ? NULL : EAC_encrypt(end->eac, padded);
  BUF_MEM_clear_free(padded);
  return bytes(sealed);
}

static struct outcome open_sealed(struct end *end, const BUF_MEM *in) {
  BUF_MEM *padded = EAC_decrypt(end->eac, in);
  BUF_MEM *plain = padded == NULL ? NULL : EAC_remove_iso_pad(padded);
  BUF_MEM_clear_free(padded);
  return bytes(plain);
}

static struct outcome code(struct end *end, const BUF_MEM *in) {
  BUF_MEM *padded = EAC_add_iso_pad(end->eac, in);
  BUF_MEM *made = padded == NULL ? NULL : EAC_authenticate(end->eac, padded);
  BUF_MEM_clear_free(padded);
  return bytes(made);
}

static const struct request {
  const char *name;
  handler card;
  handler terminal;
} REQUESTS[] = {
    {"nonce", card_nonce, terminal_nonce}, {"map", card_map, terminal_map},
    {"agree", card_agree, terminal_agree}, {"token", card_token, terminal_token},
    {"finish", NULL, terminal_finish},     {"step", step, step},
    {"seal", seal, seal},                  {"open", open_sealed, open_sealed},
    {"code", code, code},
};

static BUF_MEM *from_hex(const char *text) {
  unsigned char read[MAX_LINE];
  size_t length = 0;
  if (text[0] != '\0' && !OPENSSL_hexstr2buf_ex(read, sizeof read, &length, text, '\0')) exit(EXIT_FAILURE);
  return copy(read, length);
}

static void print_hex(const BUF_MEM *shown) {
  for (size_t index = 0; index < shown->length; index++) printf("%02X", (unsigned char)shown->data[index]);
}

static void answer(struct outcome outcome) {
  if (outcome.bytes == NULL) fputs(outcome.word, stdout);
  else print_hex(outcome.bytes);
  BUF_MEM_clear_free(outcome.bytes);
}

static void begin(struct end *end, char *const words[MAX_WORDS]) {
  BUF_MEM *card_access = from_hex(words[4]);
  end_clear(end);
  end->is_card = strcmp(words[1], "card") == 0;
  bool begun = end_begin(end, words[3], strcmp(words[2], "can") == 0 ? PACE_CAN : PACE_MRZ, card_access);
  BUF_MEM_free(card_access);
  if (!begun) end_clear(end);
  answer(word(begun ? OK : FAILED));
}

static void show_keys(const struct end *end) {
  const KA_CTX *agreed = end->eac->pace_ctx->ka_ctx;
  if (agreed->k_enc == NULL || agreed->k_mac == NULL) {
    answer(word(FAILED));
    return;
  }
  print_hex(agreed->k_enc);
  putchar(' ');
  print_hex(agreed->k_mac);
}

static void handle(struct end *end, char *const words[MAX_WORDS]) {
  const size_t count = sizeof REQUESTS / sizeof REQUESTS[0];
  for (size_t index = 0; index < count; index++) {
    const struct request *request = &REQUESTS[index];
    handler chosen = end->is_card ? request->card : request->terminal;
    if (chosen == NULL || strcmp(request->name, words[0]) != 0) continue;
    BUF_MEM *in = from_hex(words[1]);
    answer(chosen(end, in));
    BUF_MEM_clear_free(in);
    return;
  }
  answer(word(FAILED));
}

static void serve(void) {
  char line[MAX_LINE];
  struct end end = {0};
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *words[MAX_WORDS] = {"", "", "", "", ""};
    size_t count = 0;
    for (char *at = strtok(line, " \n"); at != NULL && count < MAX_WORDS; at = strtok(NULL, " \n"))
      words[count++] = at;
    if (strcmp(words[0], "begin") == 0) begin(&end, words);
    else if (end.eac == NULL) answer(word(FAILED));
    else if (strcmp(words[0], "keys") == 0) show_keys(&end);
    else handle(&end, words);
    putchar('\n');
    fflush(stdout);
  }
  end_clear(&end);
}

/* What is measured, under the name of its figure. */
static const struct measured {
  const char *name;
  const char *card_access;
} MEASURED[] = {
    {"ecdh", "31143012060A04007F0007020204020402010202010D"},
    {"dh", "31143012060A04007F00070202040101020102020102"},
};

static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct times {
  double run_ms;
  double ahead_ms;
};

/* The answer to a request without which a measurement makes no sense. */
static BUF_MEM *must(struct outcome outcome) {
  if (outcome.bytes == NULL && outcome.word != OK) exit(EXIT_FAILURE);
  return outcome.bytes;
}

/* The terminal's part of one run. */
static struct times one_run(struct end *terminal, struct end *card) {
  struct times taken = {0};
  BUF_MEM *z = must(card_nonce(card, NULL));
  double begun = cpu_ms();
  BUF_MEM *ours = must(terminal_map(terminal, NULL));
  taken.ahead_ms = cpu_ms() - begun;
  BUF_MEM *theirs = must(card_map(card, ours));
  BUF_MEM_clear_free(ours);
  begun = cpu_ms();
  must(terminal_nonce(terminal, z));
  ours = must(terminal_agree(terminal, theirs));
  taken.run_ms = cpu_ms() - begun;
  BUF_MEM_clear_free(z);
  BUF_MEM_clear_free(theirs);
  theirs = must(card_agree(card, ours));
  BUF_MEM_clear_free(ours);
  begun = cpu_ms();
  ours = must(terminal_token(terminal, theirs));
  taken.run_ms += cpu_ms() - begun;
  BUF_MEM_clear_free(theirs);
  theirs = must(card_token(card, ours));
  BUF_MEM_clear_free(ours);
  begun = cpu_ms();
  must(terminal_finish(terminal, theirs));
  taken.run_ms += cpu_ms() - begun;
  BUF_MEM_clear_free(theirs);
  return taken;
}

static int ascending(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return values[count / 2];
}

static void measure(const struct measured *measured, int runs) {
  static double run_ms[MAX_RUNS], ahead_ms[MAX_RUNS];
  struct end terminal = {.takes_short = true}, card = {.is_card = true, .takes_short = true};
  BUF_MEM *card_access = from_hex(measured->card_access);
  bool begun = end_begin(&terminal, "123456", PACE_CAN, card_access) && end_begin(&card, "123456", PACE_CAN, card_access);
  BUF_MEM_free(card_access);
  if (!begun) exit(EXIT_FAILURE);
  for (int run = 0; run < runs; run++) {
    struct times taken = one_run(&terminal, &card);
    run_ms[run] = taken.run_ms;
    ahead_ms[run] = taken.ahead_ms;
  }
  end_clear(&terminal);
  end_clear(&card);
  printf("\"%s\":{\"cpuMs\":%.4f,\"aheadMs\":%.4f}", measured->name, median(run_ms, runs), median(ahead_ms, runs));
}

static void bench(int runs) {
  putchar('{');
  measure(&MEASURED[0], runs);
  putchar(',');
  measure(&MEASURED[1], runs);
  puts("}");
}

int main(int count, char **words) {
  /* libeac loads the provider of single DES for each code that it makes, and with it alone there would be no other. */
  if (OSSL_PROVIDER_load(NULL, "default") == NULL || OSSL_PROVIDER_load(NULL, "legacy") == NULL) return EXIT_FAILURE;
  EAC_init();
  int runs = count == 3 && strcmp(words[1], "bench") == 0 ? atoi(words[2]) : 0;
  if (runs > MAX_RUNS || (count > 1 && runs < 1)) return EXIT_FAILURE;
  if (runs > 0) bench(runs);
  else serve();
  EAC_cleanup();
  return EXIT_SUCCESS;
}
