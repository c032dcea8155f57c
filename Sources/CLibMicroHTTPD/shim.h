#pragma once
#include <microhttpd.h>
#include <sys/socket.h>

// MHD_start_daemon and MHD_get_*_info are variadic; Swift sees plain functions.

/// One polling thread, epoll where there is one, connections that can be suspended while an answer is made.
static inline struct MHD_Daemon *shim_mhd_start(const struct sockaddr *address, MHD_AccessHandlerCallback handler,
                                                MHD_RequestCompletedCallback completed,
                                                MHD_NotifyConnectionCallback opened, void *context,
                                                unsigned connections, unsigned timeout_seconds, size_t memory) {
  unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
  return MHD_start_daemon(flags, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address,
                          MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_NOTIFY_CONNECTION, opened, context,
                          MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_END);
}
/// The port the daemon listens on, 0 when unknown.
static inline unsigned shim_mhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}
/// The socket of a connection, -1 when unknown.
static inline int shim_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}
static const ssize_t shim_mhd_stream_end = -1;
static const ssize_t shim_mhd_stream_error = -2;
static const uint64_t shim_mhd_size_unknown = UINT64_MAX;
