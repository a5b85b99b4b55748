/// What is in force where the configuration file says nothing: the same YAML an operator would write.
enum DefaultConfiguration {
  /// The name under which this text appears in messages.
  static let file = "built-in defaults"

  /// The stages and the provider of a server without a configuration file.
  ///
  /// Limits that are not set are not there: the Go program documented defaults for them and never enforced
  /// any, so an installation that is switched over must not meet limits it has not had.
  static let text = """
    pipeline:
      - name: cors
        use: core.cors
        config:
          allowed_origins: !list ${CORS_ALLOWED_ORIGINS:-}
          allowed_methods: !list ${CORS_ALLOWED_METHODS:-}
          allowed_headers: !list ${CORS_ALLOWED_HEADERS:-}
          max_age: ${CORS_MAX_AGE:-}
      - name: auth
        use: core.auth
      - name: whitelist
        use: core.whitelist
      - name: limits
        use: core.rate-limit
        config:
          global_requests_per_minute: ${GLOBAL_RATE_LIMIT:-}
          ip_requests_per_minute: ${IP_RATE_LIMIT:-}
          concurrent_requests: ${MAX_CONCURRENT_REQUESTS:-}
      - name: cache
        use: core.cache
        config:
          enabled: ${HTTP_CACHE_ENABLED:-}
          stream_responses: ${HTTP_CACHE_STREAM_RESPONSES:-}
          backend: ${HTTP_CACHE_BACKEND:-}
          default_ttl: ${HTTP_CACHE_DEFAULT_TTL:-}
          max_object_bytes: ${HTTP_CACHE_MAX_OBJECT_BYTES:-}
      - name: forward
        use: core.forward
      - name: log
        use: core.log
        on_error: open
        config:
          file: ${LLM_PROXY_EXCHANGE_LOG_FILE:-}
          max_size_mb: ${LOG_MAX_SIZE_MB:-}
          max_backups: ${LOG_MAX_BACKUPS:-}

    apis:
      openai:
        adapter: openai
        base_url: ${OPENAI_API_URL:-https://api.openai.com}
        allowed_methods: [GET, POST, DELETE]
        allowed_endpoints:
          - /v1/chat/completions
          - /v1/responses
          - /v1/conversations
          - /v1/completions
          - /v1/embeddings
          - /v1/models
          - /v1/moderations
          - /v1/images
          - /v1/audio
          - /v1/files
          - /v1/uploads
          - /v1/batches
          - /v1/fine_tuning
          - /v1/fine-tunes
          - /v1/vector_stores
          - /v1/realtime
          - /v1/threads
          - /v1/assistants
          - /v1/edits
    """
}
