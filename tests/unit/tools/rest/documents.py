"""A small service, described: what most tests of the services tool speak of."""

from __future__ import annotations

from pathlib import Path

from clearway.tools.rest.declared.registry import Registry, load_registry

PAYMENTS = """\
openapi: 3.0.3
info: {title: Payments, version: "1"}
servers: [{url: "https://payments.example.com/v1"}]
paths:
  /health:
    get: {operationId: getHealth, summary: Whether the service is up, tags: [ops],
          responses: {"200": {description: ok}}}
  /payments:
    get:
      operationId: listPayments
      summary: List payments
      tags: [payments]
      parameters:
        - {name: status, in: query, schema: {type: string, enum: [pending, settled, refunded]}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  items: {type: array, items: {$ref: "#/components/schemas/Payment"}}
    post:
      operationId: createPayment
      summary: Create a payment
      tags: [payments]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [amount, customer_id]
              additionalProperties: false
              properties:
                amount: {type: number, minimum: 0, exclusiveMinimum: true}
                customer_id: {type: integer}
                note: {type: string, nullable: true}
      responses: {"201": {description: made}}
  /payments/{payment_id}:
    parameters:
      - {name: payment_id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: getPayment
      summary: Get a payment
      tags: [payments]
      parameters:
        - {name: Authorization, in: header, schema: {type: string}}
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {$ref: "#/components/schemas/Payment"}}}
  /customers:
    get:
      operationId: searchCustomers
      summary: Search customers by name
      tags: [customers]
      parameters:
        - {name: query, in: query, required: true, schema: {type: string}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Customer"}}
  /customers/{customer_id}/payments:
    get:
      operationId: listCustomerPayments
      summary: List the payments of a customer
      tags: [customers]
      parameters:
        - {name: customer_id, in: path, required: true, schema: {type: integer}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Payment"}}
components:
  schemas:
    Customer: {type: object, properties: {id: {type: integer}, name: {type: string}}}
    Payment:
      type: object
      properties:
        id: {type: integer}
        amount: {type: number}
        status: {type: string}
        customer: {$ref: "#/components/schemas/Customer"}
"""

SERVICES = """\
version: 1
services:
  payments:
    openapi: payments.yaml
    synonyms: [billing]
    allow: {methods: [GET, POST]}
    writes: approval
    health: [{operation: getHealth}]
"""


def registry(
    folder: Path, services: str = SERVICES, document: str = PAYMENTS, name: str = "payments.yaml"
) -> Registry:
    """Return the registry of a services.yaml and one document beside it."""
    (folder / name).write_text(document, "utf-8")
    (folder / "services.yaml").write_text(services, "utf-8")
    return load_registry(folder / "services.yaml")
