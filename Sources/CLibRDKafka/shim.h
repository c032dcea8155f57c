#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// rd_kafka_producev, which is variadic and so not visible to Swift. Copies key and value; takes over `headers` only when it
/// succeeds. A NULL key or value stays null, a length of 0 at a non-NULL pointer is an empty one. Never blocks.
static inline rd_kafka_resp_err_t syncline_produce(
    rd_kafka_t *rk, const char *topic, int32_t partition, const void *key, size_t key_length, const void *value,
    size_t value_length, rd_kafka_headers_t *headers, void *opaque) {
  if (headers)
    return rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  return rd_kafka_producev(
      rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY((void *)key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_OPAQUE(opaque),
      RD_KAFKA_V_END);
}

/// Answers the next request of kind `api` at one mock broker with `error` after `delay_ms`.
static inline rd_kafka_resp_err_t syncline_mock_push_delay(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api, rd_kafka_resp_err_t error, int delay_ms) {
  return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, api, 1, error, delay_ms);
}
