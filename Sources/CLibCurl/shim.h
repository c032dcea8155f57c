#pragma once
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic macros; Swift sees one plain function per argument type.

static inline CURLcode shim_curl_set_long(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode shim_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode shim_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode shim_curl_set_writer(CURL *handle, CURLoption option,
                                            size_t (*value)(char *, size_t, size_t, void *)) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode shim_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(handle, info, value);
}
static inline CURLcode shim_curl_get_string(CURL *handle, CURLINFO info, char **value) {
  return (curl_easy_getinfo)(handle, info, value);
}
/// Allows http and https only. The option changed its type in 7.85.
static inline CURLcode shim_curl_web_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
/// The result of the finished transfer of a multi handle that holds one, or -1 when it is not finished.
static inline int shim_curl_finished(CURLM *multi) {
  int left = 0;
  CURLMsg *message = curl_multi_info_read(multi, &left);
  return message && message->msg == CURLMSG_DONE ? (int)message->data.result : -1;
}
static inline CURLcode shim_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
