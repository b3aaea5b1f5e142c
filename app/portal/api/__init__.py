"""The REST API under ``/api/v1``: the use cases of the pages for programs that hold a token.

Each operation is one function, registered by :func:`app.portal.api.operations.operation` with its
scope, parameters, body and answer. The description in OpenAPI is made from that registration.
"""
