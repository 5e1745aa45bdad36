"""A desk of tickets, described: choices, lists of them, limits, a text to be written."""

from __future__ import annotations

TICKETS = """\
openapi: 3.0.3
info: {title: Tickets, version: "1"}
servers: [{url: "https://tickets.example.com/v1"}]
paths:
  /tickets:
    get:
      operationId: listTickets
      summary: List tickets
      tags: [tickets]
      parameters:
        - {name: status, in: query, schema: {type: string, enum: [open, pending, closed]}}
        - {name: priority, in: query, schema: {type: string, enum: [low, high]}}
        - name: channel
          in: query
          schema: {type: array, items: {type: string, enum: [mail, phone, chat]}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 10}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  items: {type: array, items: {$ref: "#/components/schemas/Ticket"}}
    post:
      operationId: createTicket
      summary: Create a ticket
      tags: [tickets]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [title]
              additionalProperties: false
              properties:
                title: {type: string}
                priority: {type: string, enum: [low, high]}
                customer_id: {type: integer}
      responses: {"201": {description: made}}
  /tickets/{ticket_id}:
    get:
      operationId: getTicket
      summary: Get a ticket
      tags: [tickets]
      parameters:
        - {name: ticket_id, in: path, required: true, schema: {type: integer}}
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {$ref: "#/components/schemas/Ticket"}}}
components:
  schemas:
    Ticket:
      type: object
      properties:
        id: {type: integer}
        title: {type: string}
        status: {type: string}
        priority: {type: string}
        assignee: {type: string}
        hours: {type: number}
"""

SERVICES = """\
version: 1
services:
  tickets:
    openapi: tickets.yaml
    allow: {methods: [GET, POST]}
    writes: approval
"""
