/* POST /v1/embeddings: unit vectors that depend on nothing but model and input. */
#include "adapter.h"

#include <stdlib.h>

#define DIMENSIONS_USUAL 1536
#define DIMENSIONS_MAX 3072
#define INPUTS_MAX 2048
#define NUMBERS_MAX (1u << 20)   /* of one answer; more would hold the event loop up */

_Static_assert(sizeof(float) == 4, "IEEE 754 single precision");

typedef struct job {
  const char *model;
  size_t dimensions;
  bool base64;
  uint64_t tokens;
} job_t;

/* ------------------------------------------------------------------ vectors ------------------ */

/* Newton's method: no libm for one square root. v > 0. */
static double square_root(double v) {
  double x = v > 1 ? v : 1;
  for (int i = 0; i < 64; i++) x = 0.5 * (x + v / x);
  return x;
}

static void make_vector(float *out, size_t n, uint64_t seed) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double x = (double)(next_number(&seed) >> 11) / 4503599627370496.0 - 1.0; /* [-1, 1) of 53 bits */
    out[i] = (float)x;
    sum += x * x;
  }
  double length = sum > 0 ? square_root(sum) : 1;
  for (size_t i = 0; i < n; i++) out[i] = (float)(out[i] / length);
}

/* |v| <= 1, nine decimals: what a single-precision float holds, and no locale's comma. */
static void add_float(llmp_buf_t *out, float v) {
  char text[12];
  uint64_t scaled = (uint64_t)((v < 0 ? -(double)v : (double)v) * 1e9 + 0.5);
  if (v < 0 && scaled > 0) llmp_buf_char(out, '-');
  llmp_decimal_fixed(text, scaled / 1000000000u, 1);
  text[1] = '.';
  llmp_decimal_fixed(text + 2, scaled, 9);
  llmp_buf_add(out, text, 11);
}

static void add_base64(llmp_buf_t *out, const float *vector, size_t n) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t bytes = n * 4;
  unsigned char group[3];
  for (size_t i = 0; i < bytes; i += 3) {
    size_t have = bytes - i < 3 ? bytes - i : 3;
    for (size_t k = 0; k < 3; k++) {
      uint32_t bits = 0; /* little-endian whatever the machine */
      if (k < have) memcpy(&bits, &vector[(i + k) / 4], sizeof bits);
      group[k] = k < have ? (unsigned char)(bits >> 8 * ((i + k) % 4)) : 0;
    }
    char text[4] = {alphabet[group[0] >> 2], alphabet[(group[0] & 3) << 4 | group[1] >> 4],
                    have > 1 ? alphabet[(group[1] & 15) << 2 | group[2] >> 6] : '=',
                    have > 2 ? alphabet[group[2] & 63] : '='};
    llmp_buf_add(out, text, sizeof text);
  }
}

static void add_embedding(llmp_buf_t *out, job_t *job, size_t index, uint64_t seed, float *vector) {
  make_vector(vector, job->dimensions, seed);
  if (index > 0) LLMP_BUF_LIT(out, ",");
  LLMP_BUF_LIT(out, "{\"object\":\"embedding\",\"index\":");
  llmp_buf_u64(out, index);
  LLMP_BUF_LIT(out, ",\"embedding\":");
  if (job->base64) {
    LLMP_BUF_LIT(out, "\"");
    add_base64(out, vector, job->dimensions);
    LLMP_BUF_LIT(out, "\"}");
    return;
  }
  for (size_t i = 0; i < job->dimensions; i++) {
    llmp_buf_char(out, i == 0 ? '[' : ',');
    add_float(out, vector[i]);
  }
  LLMP_BUF_LIT(out, "]}");
}

/* ------------------------------------------------------------------ inputs ------------------- */

/* A text, or a list of token numbers. */
static bool digest(json_t *input, job_t *job, uint64_t *seed) {
  prompt_t prompt = prompt_begin();
  prompt_add(&prompt, llmp_slice(job->model, strlen(job->model)));
  prompt.words = 0;
  if (json_is_string(input) && json_string_length(input) > 0) {
    prompt_add(&prompt, llmp_slice(json_string_value(input), json_string_length(input)));
  } else if (json_is_array(input) && json_array_size(input) > 0) {
    size_t i;
    json_t *token;
    json_array_foreach(input, i, token) {
      char digits[LLMP_DECIMAL_MAX];
      if (!json_is_integer(token) || json_integer_value(token) < 0) return false;
      prompt_add(&prompt, llmp_slice(digits, llmp_decimal(digits, (uint64_t)json_integer_value(token))));
    }
  } else {
    return false;
  }
  job->tokens += prompt.words;
  *seed = prompt.hash;
  return true;
}

/* A list of numbers is one input, a list of texts or lists is many. */
static size_t count_inputs(json_t *input) {
  return json_is_array(input) && !json_is_integer(json_array_get(input, 0)) ? json_array_size(input) : 1;
}

static bool refuse_input(plan_t *plan) {
  return plan_refuse(plan, 400, "input", "invalid_type",
                     "Invalid 'input': expected a string or an array of strings or of token numbers, "
                     "none of them empty.");
}

static bool add_all(plan_t *plan, json_t *input, job_t *job, float *vector) {
  bool many = json_is_array(input) && !json_is_integer(json_array_get(input, 0));
  for (size_t i = 0, n = count_inputs(input); i < n; i++) {
    uint64_t seed;
    if (!digest(many ? json_array_get(input, i) : input, job, &seed)) return refuse_input(plan);
    add_embedding(&plan->body, job, i, seed, vector);
  }
  return true;
}

static bool read_request(plan_t *plan, json_t *request, job_t *job) {
  json_t *model = json_object_get(request, "model"), *format = json_object_get(request, "encoding_format");
  json_t *input = json_object_get(request, "input");
  int64_t dimensions = DIMENSIONS_USUAL;
  if (!json_is_string(model) || json_string_length(model) == 0) {
    return plan_refuse(plan, 400, NULL, NULL, "you must provide a model parameter");
  }
  if (input == NULL || json_is_null(input)) return plan_refuse_missing(plan, "input");
  if (!plan_integer(plan, request, "dimensions", 1, DIMENSIONS_MAX, &dimensions)) return false;
  job->model = json_string_value(model);
  job->dimensions = (size_t)dimensions;
  job->base64 = json_is_string(format) && strcmp(json_string_value(format), "base64") == 0;
  if (format != NULL && !json_is_null(format) && !job->base64 &&
      !(json_is_string(format) && strcmp(json_string_value(format), "float") == 0)) {
    return plan_refuse(plan, 400, "encoding_format", "invalid_value",
                       "Invalid 'encoding_format': expected one of 'float' and 'base64'.");
  }
  size_t n = count_inputs(input);
  if (n == 0) return refuse_input(plan);
  if (n > INPUTS_MAX || n * job->dimensions > NUMBERS_MAX) {
    return plan_refuse(plan, 400, "input", "array_above_max_length",
                       "Invalid 'input': the mock answers at most %u numbers and %u inputs at once.",
                         NUMBERS_MAX, INPUTS_MAX);
  }
  return true;
}

void plan_embeddings(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  job_t job = {0};
  (void)tail;
  if (!read_request(plan, request, &job)) return;
  float *vector = calloc(job.dimensions, sizeof *vector);
  if (vector == NULL) {
    plan->body.failed = true;
    return;
  }
  LLMP_BUF_LIT(&plan->body, "{\"object\":\"list\",\"data\":[");
  bool good = add_all(plan, json_object_get(request, "input"), &job, vector);
  free(vector);
  if (!good) return;
  LLMP_BUF_LIT(&plan->body, "],\"model\":");
  llmp_buf_json(&plan->body, llmp_slice(job.model, strlen(job.model)));
  LLMP_BUF_LIT(&plan->body, ",\"usage\":{\"prompt_tokens\":");
  llmp_buf_u64(&plan->body, job.tokens);
  LLMP_BUF_LIT(&plan->body, ",\"total_tokens\":");
  llmp_buf_u64(&plan->body, job.tokens);
  LLMP_BUF_LIT(&plan->body, "}}");
  plan->status = 200;
  plan->delay_ms = (uint64_t)m->delay_ms;
  plan->has_usage = true;
  plan->input_tokens = job.tokens;
}
