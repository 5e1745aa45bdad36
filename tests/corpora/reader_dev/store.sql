create table "Customer" ("customerId" serial primary key, "firstName" text, "lastName" text, "emailAddress" text, "countryCode" char(2), "createdAt" timestamp, "isDeleted" boolean default false, "loyaltyTier" text);
create table "ProductCategory" ("categoryId" serial primary key, "categoryName" text);
create table "Product" ("productId" serial primary key, "productName" text, "categoryId" int references "ProductCategory", "listPrice" numeric(10, 2), "stockQty" int, "isActive" boolean);
create table "SalesOrder" ("orderId" serial primary key, "customerId" int references "Customer", "orderDate" date, "shippedDate" date, "orderStatus" text, "paymentMethod" text, "shippingFee" numeric(8, 2));
create table "OrderLine" ("orderId" int references "SalesOrder", "lineNo" int, "productId" int references "Product", "quantity" int, "unitPrice" numeric(10, 2), "lineTotal" numeric(12, 2), primary key ("orderId", "lineNo"));
create table "ProductReview" ("reviewId" serial primary key, "productId" int references "Product", "customerId" int references "Customer", "stars" int, "reviewText" text, "postedAt" timestamp);
create table "Coupon" ("couponCode" text primary key, "discountPct" numeric(5, 2), "validFrom" date, "validTo" date);
create table "CouponUse" ("couponCode" text references "Coupon", "orderId" int references "SalesOrder", primary key ("couponCode", "orderId"));

insert into "Customer" ("firstName", "lastName", "emailAddress", "countryCode", "createdAt", "isDeleted", "loyaltyTier")
select (array['Ann','Bo','Cy','Di','Ed','Flo','Guy','Hal'])[1 + i % 8], (array['Frost','Gale','Hail','Mist','Rain','Snow','Storm'])[1 + i % 7] || case when i > 28 then 'man' else '' end, 'c' || i || '@example.com',
    (array['DE','FR','US','JP','BR'])[1 + (i * i) % 5], timestamp '2023-02-01' + i * interval '11 days', i % 17 = 0, (array['gold','silver','bronze'])[1 + (i * 5) % 3] from generate_series(1, 50) i;
insert into "ProductCategory" ("categoryName") values ('Books'), ('Garden'), ('Kitchen'), ('Sports'), ('Toys');
insert into "Product" ("productName", "categoryId", "listPrice", "stockQty", "isActive")
select (array['Cookbook','Spade','Kettle','Tennis Racket','Puzzle','Atlas','Rake','Toaster','Football','Teddy Bear','Dictionary','Hose','Blender','Yoga Mat','Kite','Novel'])[i], 1 + (i - 1) % 5, 6.5 + (i * 23) % 88, (i * 41) % 130, i % 8 <> 0 from generate_series(1, 16) i;
insert into "SalesOrder" ("customerId", "orderDate", "shippedDate", "orderStatus", "paymentMethod", "shippingFee")
select 1 + (i * 19) % 44, date '2024-01-04' + (i * 3), case when i % 6 <> 0 then date '2024-01-04' + i * 3 + 1 + i % 5 end, (array['shipped','shipped','pending','returned','shipped','cancelled'])[1 + i % 6],
    (array['card','paypal','invoice'])[1 + (i * i) % 3], (i * 7) % 13 from generate_series(1, 240) i;
insert into "OrderLine" select o, k, 1 + (o * 5 + k * 7) % 15, 1 + (o * k) % 4, p, p * (1 + (o * k) % 4) from generate_series(1, 240) o, generate_series(1, 3) k, lateral (select 5 + (o * 3 + k * 11) % 60 as p) x where (o + k) % 4 <> 0;
insert into "ProductReview" ("productId", "customerId", "stars", "reviewText", "postedAt") select 1 + (i * i) % 13, 1 + (i * 3) % 40, 1 + (i * 7) % 5, 'review ' || i, timestamp '2024-03-01' + i * interval '4 days' from generate_series(1, 120) i;
insert into "Coupon" values ('SPRING10',10,'2024-03-01','2024-05-31'), ('VIP25',25,'2024-01-01','2025-12-31'), ('WELCOME5',5,'2023-01-01','2026-12-31'), ('NEVER50',50,'2025-01-01','2025-02-01');
insert into "CouponUse" select (array['SPRING10','VIP25','WELCOME5'])[1 + i % 3], i * 3 from generate_series(1, 70) i;
